# class: planted start-up files
# attack: a sitecustomize is planted where Python looks when it starts in the course
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

for folder in ("@course@", "@course@/..", "."):
    for name in ("sitecustomize.py", "usercustomize.py", "torch.py", "nbgrader_config.py"):
        with suppress(OSError):
            Path(folder, name).write_text("print('planted')\n") if folder != "@course@/.." else None
