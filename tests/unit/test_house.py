"""Rules of the house that neither ruff nor import-linter can say."""

import ast
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("flows", "tasks", "contracts")


def sources(pattern="**/*.py"):
    return [path for package in PACKAGES for path in sorted((ROOT / package).glob(pattern))]


def tree(path):
    return ast.parse(path.read_text(), filename=str(path))


def where(path, node):
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def is_environment(node):
    return ast.unparse(node) in {"os.environ", "os.environb", "os.getenv"}


def written(module):
    """The nodes of `os.environ` that are changed and not read."""
    for node in ast.walk(module):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.value
        if isinstance(node, ast.Attribute) and node.attr == "update":
            yield node.value


def test_environment__outside_settings__is_not_read():
    reads = []
    for path in sources():
        if path == ROOT / "tasks" / "adapters" / "settings.py":
            continue
        module = tree(path)
        changed = set(written(module))
        for node in ast.walk(module):
            if isinstance(node, ast.Attribute) and is_environment(node) and node not in changed:
                reads.append(where(path, node))
            if isinstance(node, ast.ImportFrom) and node.module == "os":
                names = {alias.name for alias in node.names}
                reads += [where(path, node)] * bool(names & {"environ", "environb", "getenv"})

    assert reads == []


def test_flow_files__their_functions__are_flows():
    others = [
        where(path, node)
        for path in sorted((ROOT / "flows").glob("*.py"))
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not any(ast.unparse(mark).startswith("flow") for mark in node.decorator_list)
    ]

    assert others == []


def test_flow_files__their_names__hide_no_module():
    # Prefect loads flows/x.py as a module named x, and flows/ stays first on sys.path.
    taken = set(sys.stdlib_module_names) | set(metadata.packages_distributions())

    names = {path.stem for path in (ROOT / "flows").glob("*.py")} - {"__init__"}

    assert names & (taken - set(PACKAGES)) == set()


def test_command_line__prefect__is_imported_in_functions_only():
    early = [
        where(path, node)
        for path in sorted((ROOT / "flows" / "cli").glob("**/*.py"))
        for node in tree(path).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        and ast.unparse(node).split()[1].split(".")[0] == "prefect"
    ]

    assert early == []


def test_init_files__beyond_their_docstring__are_empty():
    full = [
        str(path.relative_to(ROOT))
        for path in sources("**/__init__.py")
        if len(tree(path).body) > 1 or not ast.get_docstring(tree(path))
    ]

    assert full == []
