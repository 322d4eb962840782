# class: planted start-up files
# attack: a .pth file is planted among the installed packages
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import site

for folder in [*site.getsitepackages(), site.getusersitepackages()]:
    with suppress(OSError):
        Path(folder, "planted-@mark@.pth").write_text("# planted\n")
