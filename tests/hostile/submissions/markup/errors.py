# class: markup
# attack: the name, the message and the line of an error are markup
# expects double-values: run_time_error
# expects double-gradients: run_time_error

# %% grade_id="double"
def double(x):
    raise type("<script>payload()</script>", (Exception,), {})("</pre><img src=x onerror=payload()>")  # <script>payload()
