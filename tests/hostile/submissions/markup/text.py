# class: markup
# attack: scripts are printed, and returned by what shows itself
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import sys

print("<script>payload()</script><img src=x onerror=payload()>")
print("<script>payload()</script>", file=sys.stderr)


class Shown:
    def __repr__(self):
        return "</pre><script>payload()</script>"

    def _repr_html_(self):
        return "<script>payload()</script>"


Shown()
