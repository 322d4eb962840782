# class: markup
# attack: scripts are displayed as HTML, SVG, JavaScript, Markdown and LaTeX
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display

display(HTML("<script>payload()</script><img src=x onerror=payload()>"))
display(Javascript("payload()"))
display(Markdown("[click](javascript:payload()) <script>payload()</script>"))
display(Latex("$\\href{javascript:payload()}{x}$"))
display({"image/svg+xml": "<svg onload=payload()>", "image/png": "x' onerror='payload()", "application/javascript": "payload()"}, raw=True)
