"""Write ``methods.json``: what the official Bot API accepts, as facts.

Run it by hand when the Bot API moves on::

    python -m sandbox.botapi.generate aiogram-3.31.0-py3-none-any.whl

The wheel of aiogram is read as data (syntax trees of its class declarations), never imported:
its declarations follow the official documentation closely, and the sandbox takes from them the
names of methods and parameters, their types, whether they are required, and the limits on their
length. Nothing else of the wheel is used.
"""

import ast
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

TARGET = Path(__file__).with_name("methods.json")

SIMPLE = {
    "int": "Integer",
    "float": "Float",
    "str": "String",
    "bool": "Boolean",
    "InputFile": "InputFile",
    "DateTime": "Integer",
    "DateTimeUnion": "Integer",
    "RichTextUnion": "RichText",  # a string, an array of itself, or one of thirty objects
}
"""Types of the wheel that are written otherwise in the official documentation."""


class Fact(TypedDict, total=False):
    """What is known of one parameter or field."""

    types: list[str]
    required: bool
    limits: dict[str, list[int]]
    equals: str
    deprecated: str


@dataclass
class Declaration:
    """One class of the wheel: its bases and its own annotated fields with their docstrings."""

    bases: list[str]
    fields: dict[str, tuple[ast.expr, ast.expr | None, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)


class Wheel:
    """The declarations found in a wheel of aiogram."""

    def __init__(self, path: Path) -> None:
        self.methods: dict[str, Declaration] = {}
        self.objects: dict[str, Declaration] = {}
        self.unions: dict[str, ast.expr] = {}
        self.enums: dict[str, dict[str, str]] = {}
        self.api_version = ""
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.startswith("aiogram/") and name.endswith(".py"):
                    self._read(name, ast.parse(archive.read(name)))

    def _read(self, name: str, tree: ast.Module) -> None:
        room = name.split("/")[1]
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and room in {"methods", "types", "enums"}:
                declaration = _declaration(node)
                if room == "methods":
                    self.methods[node.name] = declaration
                elif room == "types":
                    self.objects[node.name] = declaration
                else:
                    self.enums[node.name] = declaration.constants
            elif (
                room == "types"
                and isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and node.value is not None
            ):
                self.unions[node.target.id] = node.value
            elif room == "__meta__.py" and isinstance(node, ast.Assign):
                target = node.targets[0]
                if isinstance(target, ast.Name) and target.id == "__api_version__":
                    self.api_version = str(ast.literal_eval(node.value))

    def fields(self, name: str) -> dict[str, tuple[ast.expr, ast.expr | None, str]]:
        """Return the fields of an object, those of its bases first."""
        declaration = self.objects[name]
        found: dict[str, tuple[ast.expr, ast.expr | None, str]] = {}
        for base in declaration.bases:
            if base in self.objects and base not in {"TelegramObject", "MutableTelegramObject"}:
                found |= self.fields(base)
        return found | declaration.fields

    def types_of(self, annotation: ast.expr) -> list[str]:
        """Return the official names of the types an annotation allows, in its order."""
        return list(dict.fromkeys(self._types(annotation)))

    def _types(self, node: ast.expr) -> Iterator[str]:
        match node:
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                yield from self._types(left)
                yield from self._types(right)
            case ast.Constant(value=None):
                return
            case ast.Name(id=name):
                yield from self._named(name)
            case ast.Subscript(value=ast.Name(id=generic), slice=inside):
                yield from self._generic(generic, inside)
            case _:
                raise ValueError(f"an annotation that is not understood: {ast.unparse(node)}")

    def _named(self, name: str) -> Iterator[str]:
        if name in self.unions and name not in SIMPLE:
            yield from self._types(self.unions[name])
        elif name != "Default":
            yield SIMPLE.get(name, name)

    def _generic(self, generic: str, inside: ast.expr) -> Iterator[str]:
        match generic, inside:
            case "list", _:
                yield from (f"Array of {name}" for name in self._types(inside))
            case "Annotated", ast.Tuple(elts=items):
                yield from self._types(items[0])
            case "Literal", _:
                yield "String"
            case _:
                yield "Object"

    def literal(self, node: ast.expr) -> str | None:
        """Return the only value that a ``Literal`` annotation allows, if it is one."""
        match node:
            case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Constant(value=str(value))):
                return value
            case ast.Subscript(
                value=ast.Name(id="Literal"),
                slice=ast.Attribute(value=ast.Name(id=enum), attr=member),
            ):
                return self.enums[enum][member]
        return None


def _declaration(node: ast.ClassDef) -> Declaration:
    declaration = Declaration([base.id for base in node.bases if isinstance(base, ast.Name)])
    for statement, following in zip(node.body, [*node.body[1:], ast.Pass()], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            words = ""
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                words = str(following.value.value)
            name = statement.target.id
            if not name.startswith("_") and name != "model_config":
                declaration.fields[name] = (statement.annotation, statement.value, words)
        elif (
            isinstance(statement, ast.Assign)
            and isinstance(statement.targets[0], ast.Name)
            and isinstance(statement.value, ast.Constant)
        ):
            declaration.constants[statement.targets[0].id] = str(statement.value.value)
    return declaration


def limits(words: str, types: list[str]) -> dict[str, list[int]]:
    """Read the limits out of a parameter's description.

    Returns:
        ``characters`` or ``entity_characters`` (counted after entities are parsed), ``bytes``,
        ``items`` of an array, or ``values`` of a number, each as [least, most].
    """
    if any(name.startswith("Array of") for name in types):
        return _limit("items", re.search(r"\b(?:(\d+)-|up to )(\d+)\b", words))
    if "String" in types:
        found = re.search(
            r"\b(?:(\d+)-|up to )(\d+) (characters|bytes)(.{0,60})", words, re.IGNORECASE
        )
        unit = found[3].lower() if found else ""
        if found and unit == "characters" and re.search(r"after entit(y|ies) parsing", found[4]):
            unit = "entity_characters"
        return _limit(unit, found)
    if types in (["Integer"], ["Float"]):
        return _limit("values", re.search(r"(?:between |[;,] )(\d+)-(\d+)\b", words))
    return {}


def _limit(unit: str, found: re.Match[str] | None) -> dict[str, list[int]]:
    return {unit: [int(found[1] or 0), int(found[2])]} if found else {}


def fact(wheel: Wheel, annotation: ast.expr, default: ast.expr | None, words: str) -> Fact:
    """Return what is known of one parameter or field."""
    types = wheel.types_of(annotation)
    literal = wheel.literal(annotation)
    found: Fact = {"types": types, "required": default is None or literal is not None}
    if limit := limits(words, types):
        found["limits"] = limit
    if literal is not None:
        found["equals"] = literal
    if deprecated := re.search(r"deprecated:: API:([\d.]+)", words):
        found["deprecated"] = deprecated[1]
    return found


Group = dict[str, dict[str, Fact]]


def facts(wheel: Wheel) -> tuple[Group, Group]:
    """Return every method with its parameters, and every object those are made of."""
    methods: Group = {}
    for declaration in wheel.methods.values():
        name = declaration.constants.get("__api_method__")
        if name is not None:
            methods[name] = {key: fact(wheel, *found) for key, found in declaration.fields.items()}
    objects: Group = {}
    waiting = list(methods.values())
    while waiting:
        for known in waiting.pop().values():
            for kind in known["types"]:
                name = kind.removeprefix("Array of ").removeprefix("Array of ")
                if name in wheel.objects and name not in objects:
                    objects[name] = {
                        key: fact(wheel, *found) for key, found in wheel.fields(name).items()
                    }
                    waiting.append(objects[name])
    return dict(sorted(methods.items())), dict(sorted(objects.items()))


def _lines(wheel: Wheel) -> str:
    """Write one parameter a line, so that a new Bot API shows itself in a readable diff."""
    out = [f'{{\n"api_version": {json.dumps(wheel.api_version)}']
    for part, groups in zip(("methods", "objects"), facts(wheel), strict=True):
        blocks = []
        for name, members in groups.items():
            rows = ",\n".join(f"  {json.dumps(key)}: {json.dumps(m)}" for key, m in members.items())
            blocks.append(f" {json.dumps(name)}: {{\n{rows}\n }}" if rows else f' "{name}": {{}}')
        out.append(f'"{part}": {{\n' + ",\n".join(blocks) + "\n}")
    return ",\n".join(out) + "\n}\n"


def main() -> None:
    """Read the wheel named on the command line and write the facts beside this file."""
    TARGET.write_text(_lines(Wheel(Path(sys.argv[1]))), encoding="utf-8")


if __name__ == "__main__":
    main()
