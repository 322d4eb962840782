# class: planted start-up files
# attack: a module is planted beside the grader's own checks
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

with suppress(OSError):
    Path("@package@", "checks", "planted-@mark@.py").write_text("# planted\n")
with suppress(OSError):
    Path("@package@", "checks", "__pycache__", "planted-@mark@.pyc").write_text("planted\n")
