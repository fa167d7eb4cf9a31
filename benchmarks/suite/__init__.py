"""The asv suite: what is watched from commit to commit. docs/benchmarks.md tells how it is run.

asv imports this folder as a package of its own, `suite`, wherever Lightning is installed; so the modules
that it shares with `python -m benchmarks` are looked up here, behind everything that is installed.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

sys.path.append(str(ROOT))
