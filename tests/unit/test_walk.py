"""The count of files and depth, on a package of a few lines."""

import json
import subprocess
import sys
from pathlib import Path

WALKER = Path(__file__).resolve().parents[1] / "walker.py"
SOURCES = {
    "entry.py": "import worker\nimport idle\nimport shapes\n\n"
    "def main():\n    worker.start()\n    raise SystemExit(3)\n",
    "idle.py": "def never():\n    pass\n",
    "shapes.py": "class Shape:\n    pass\n",
    "worker.py": "import threading\nimport deep\n\n"
    "def start():\n    thread = threading.Thread(target=deep.one)\n"
    "    thread.start()\n    thread.join()\n",
    "deep.py": "def one():\n    return [two() for _ in range(2)]\n\n"
    "def two():\n    return three()\n\n"
    "def three():\n    return None\n",
    "tests/__init__.py": "",
    "tests/helper.py": "def help():\n    pass\n",
}


def walked(root, entry="entry:main"):
    for name, text in SOURCES.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    result = root / "result"
    argv = [sys.executable, "-P", str(WALKER), str(root), entry, str(result)]
    subprocess.run(argv, env={"PYTHONPATH": str(root)}, check=True)
    return json.loads(result.read_text())


def test_walker__threads_classes_and_idle_imports__are_counted_as_defined(tmp_path):
    found = walked(tmp_path)

    assert found["code"] == 3
    assert found["entered"] == ["deep.py", "entry.py", "shapes.py", "worker.py"]
    assert found["by_functions"] == ["deep.py", "entry.py", "worker.py"]
    assert found["deepest"] == ["deep.py:one", "deep.py:two", "deep.py:three"]


def test_walker__files_of_tests__are_left_out(tmp_path):
    found = walked(tmp_path, "tests.helper:help")

    assert found["entered"] == found["deepest"] == []
