"""Rewrite contracts/artifacts from the sources: `python -m deployment.compile_contracts`.

A development tool: it needs vyper, which running does not.
"""

import json
from typing import Any

import vyper
from vyper.cli.vyper_compile import compile_files
from vyper.compiler.settings import OptimizationLevel, Settings

from contracts import loader

EVM_VERSION = "prague"
OPTIMIZE = OptimizationLevel.CODESIZE
"""The tournament's runtime code has to stay under the 24,576 bytes that a chain accepts."""


def main() -> None:
    """Compile every contract and write its artefact."""
    for name in loader.SOURCES:
        document = compile_contract(name)
        loader.path(name).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
        print(f"{name}: {len(document['runtime']) // 2 - 1} bytes of runtime code")


def compile_contract(name: str) -> dict[str, Any]:
    """Compile one contract into the document that `loader.load` reads."""
    source = str(loader.FOLDER / f"{name}.vy")
    settings = Settings(
        compiler_version=vyper.__version__, optimize=OPTIMIZE, evm_version=EVM_VERSION
    )
    compiled = compile_files(
        [source],
        ["abi", "bytecode", "bytecode_runtime"],
        paths=[str(loader.FOLDER.parent)],
        include_sys_path=False,
        settings=settings,
        # the metadata would carry an integrity sum of its own
        no_bytecode_metadata=True,
    )
    (outputs,) = compiled.values()
    return {
        "abi": outputs["abi"],
        "bytecode": outputs["bytecode"],
        "runtime": outputs["bytecode_runtime"],
        "source_sha256": loader.source_digest(loader.SOURCES[name]),
        "compiler": {
            "name": "vyper",
            "version": vyper.__version__,
            "optimize": str(OPTIMIZE),
            "evm_version": EVM_VERSION,
        },
    }


if __name__ == "__main__":
    main()
