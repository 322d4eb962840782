# class: markup
# attack: scripts stand in the markdown and in the raw cells
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %% [markdown]
# <script>payload()</script> <img src=x onerror=payload()> [click](javascript:payload())

# %% [markdown]
# <svg onload=payload()> <details ontoggle=payload() open> <iframe src="javascript:payload()"></iframe> $\href{javascript:payload()}{x}$

# %% [raw]
# <script>payload()</script>

# %% grade_id="why"
# <a href="&#106;avascript:payload()">click</a>
