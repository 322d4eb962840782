# class: markup
# attack: control sequences for terminals and for pages are printed
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
print("\x1b]0;payload\x07\x1b]8;;javascript:payload()\x07click\x1b]8;;\x07\x1b[31m<script>payload()</script>\x1b[0m\x00\r\x9b")
