"""What every test needs."""

import os
import sys
from pathlib import Path

# nbgrader starts alembic by name, so that of this environment must be the first on PATH.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
