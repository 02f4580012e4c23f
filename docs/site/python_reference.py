"""The reference of the Python package, out of its docstrings.

The native half need not be built: its stub, whose signatures and docstrings tests/python/test_types.py compares with it, is run
in its place.
"""
import __future__
import dataclasses
import importlib
import inspect
import pathlib
import sys
import types

PACKAGE = pathlib.Path(__file__).resolve().parents[2] / "bindings" / "python"
PAGES = {  # of a module each
    "client": "Client, for asyncio",
    "sync": "sync.Client, for scripts and threads",
    "values": "Values",
    "events": "Events",
    "errors": "Errors",
    "session": "Sessions alone",
    "relay": "Relay",
    "asgi": "The relay in an ASGI server",
    "testing": "Testing",
}
DOMAIN = ".. default-domain:: py"  # what a :class: is; the site's own is C++
FOR_PAGE = {"relay": ["RelayEngine"]}  # names of the native half that no module of ours lists


def load_package(version):
    """Imports anochat with its stub as the native half."""
    typeshed = types.ModuleType("_typeshed")
    typeshed.ReadableBuffer = type("ReadableBuffer", (), {})
    core = types.ModuleType("anochat._core")
    stub = PACKAGE / "anochat" / "_core.pyi"
    code = compile(stub.read_text(encoding="utf-8"), stub, "exec", __future__.annotations.compiler_flag)
    sys.modules["_typeshed"] = typeshed
    exec(code, core.__dict__)
    del sys.modules["_typeshed"]
    core.VERSION, core.HAS_NETWORK = version, True
    sys.modules["anochat._core"] = core
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(PACKAGE))
    return importlib.import_module("anochat")


def public_names(module):
    """What a module offers: its __all__, else the classes that it defines."""
    names = getattr(module, "__all__", None) or [
        name for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_")]
    return [*names, *FOR_PAGE.get(module.__name__.rpartition(".")[2], [])]


def members(thing, package):
    """The public methods and properties of a class, inherited ones too, in the order in which they are written down."""
    found = {}
    for base in reversed(thing.__mro__[:-1]):
        if base.__module__.startswith("anochat"):
            found.update({name: value for name, value in vars(base).items() if not name.startswith("_")})
    if thing is package.sync.Client:  # its base has more, for the two faces only
        found = {name: value for name, value in found.items() if name in vars(thing) or hasattr(package.Client, name)}
    return [name for name, value in found.items()
            if inspect.isfunction(value) or isinstance(value, (property, staticmethod, classmethod))]


def has_docstring(thing):
    doc = inspect.getdoc(thing) or ""
    return bool(doc.strip()) and not (dataclasses.is_dataclass(thing) and doc.startswith(f"{thing.__name__}("))


class Reference:
    """The pages, the names that are on them, and what is wrong with the docstrings."""

    def __init__(self, package):
        self.package = package
        self.names = set()
        self.problems = []

    def entry(self, module, name):
        """The directive for one name of a module, by the shortest name that users have for it."""
        thing = getattr(module, name, None) or getattr(self.package, name)
        path = f"anochat.{name}" if getattr(self.package, name, None) is thing else f"{module.__name__}.{name}"
        self.names.add(path)
        if not inspect.isclass(thing) and not inspect.isfunction(thing):  # a name for several types
            return [f".. autodata:: {path}", "   :no-value:", ""]
        if not has_docstring(thing):
            self.problems.append(path)
        if inspect.isfunction(thing):
            return [f".. autofunction:: {path}", ""]
        if issubclass(thing, Exception):
            bases = ", ".join(f"``{base.__name__}``" for base in thing.__bases__)
            return [f".. autoexception:: {path}", "", f"   Also {bases}. ``code`` is {thing.code}.", ""]
        return [f".. autoclass:: {path}", *self.options(thing, path), ""]

    def options(self, thing, path):
        names = members(thing, self.package)
        self.names |= {f"{path}.{name}" for name in names}
        self.problems += [f"{path}.{name}" for name in names if not has_docstring(inspect.getattr_static(thing, name))]
        if hasattr(thing, "__members__"):
            return [f"   :members: {', '.join(thing.__members__)}", "   :undoc-members:", "   :member-order: bysource"]
        if dataclasses.is_dataclass(thing):
            names += [field.name for field in dataclasses.fields(thing) if not field.name.startswith("_")]
        return [f"   :members: {', '.join(names)}", "   :undoc-members:", "   :inherited-members:"] if names else []

    def page(self, name, title):
        module = importlib.import_module(f"anochat.{name}")
        lines = [DOMAIN, "", title, "=" * len(title), "", f".. automodule:: anochat.{name}", "   :no-members:", ""]
        for public in public_names(module):
            lines += self.entry(module, public)
        return "\n".join(lines)


def write(folder, version):
    """Writes the pages; returns the names that they have to show."""
    reference = Reference(load_package(version))
    folder.mkdir(parents=True)
    for name, title in PAGES.items():
        (folder / f"{name}.rst").write_text(reference.page(name, title), encoding="utf-8")
    index = [DOMAIN, "", "Python", "======", "", ".. automodule:: anochat", "   :no-members:", "", ".. toctree::", "   :maxdepth: 1", "",
             *(f"   {name}" for name in PAGES), ""]
    (folder / "index.rst").write_text("\n".join(index), encoding="utf-8")
    package = reference.package
    offered = {f"anochat.{name}" for name in package.__all__
               if not inspect.ismodule(getattr(package, name)) and not name.startswith("__")}
    if reference.problems or offered - reference.names:
        raise SystemExit("\n".join([f"{name} has no docstring" for name in reference.problems] +
                                   [f"{name} is on no page" for name in sorted(offered - reference.names)]))
    return reference.names


def tidy(_app, _what, _name, _thing, _options, lines):
    """For Sphinx: what is indented in a docstring, and is no list of parameters, is Python."""
    for number in range(len(lines) - 2, 0, -1):
        before = lines[number - 1]
        if not lines[number] and before and not before.startswith((" ", ":")) and lines[number + 1].startswith("    "):
            lines[number:number + 1] = ["", ".. code-block:: python", ""]


def signature(_app, what, _name, thing, _options, arguments, returns):
    """For Sphinx: an enumeration, and a class that only its makers make, are shown without arguments."""
    is_made_by_others = what == "class" and (hasattr(thing, "__members__") or "*args" in (arguments or ""))
    return ("", None) if is_made_by_others else (arguments, returns)
