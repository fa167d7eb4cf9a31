"""Several files of JavaScript as one module."""

from pathlib import Path

import pytest

from lightning.analysis.widget.module import ModuleError, compose
from lightning.analysis.widget.told import STATIC, module_of


def write(directory: Path, **files: str) -> list[Path]:
    for name, text in files.items():
        (directory / name.replace("_", ".")).write_text(text)
    return [directory]


def test_each_file_is_a_function_behind_those_that_it_imports(tmp_path: Path) -> None:
    places = write(
        tmp_path,
        a_js='import { one, two as deux } from "./b.js";\nimport sheet from "./c.css" with { type: "css" };\n'
        "export class Big {}\nexport async function run() {}\nfunction hidden() {}\n",
        b_js="export const one = 1;\nexport function two() {}\n",
        c_css='p { content: "\\201c"; }\n',
    )
    assert compose("a.js", places) == (
        "const file_c_css = new CSSStyleSheet();\n"
        'file_c_css.replaceSync("p { content: \\"\\\\201c\\"; }\\n");\n\n'
        "const file_b_js = (() => {\nconst one = 1;\nfunction two() {}\n\nreturn { one, two };\n})();\n\n"
        "const file_a_js = (() => {\nconst { one, two: deux } = file_b_js;\nconst sheet = file_c_css;\n"
        "class Big {}\nasync function run() {}\nfunction hidden() {}\n\nreturn { Big, run };\n})();\n\n"
        "export default file_a_js;\n"
    )


def test_a_file_that_two_import_is_there_once(tmp_path: Path) -> None:
    places = write(
        tmp_path,
        a_js='import { b } from "./b.js";\nimport { c } from "./c.js";\n',
        b_js='import { c } from "./c.js";\nexport const b = c;\n',
        c_js="export const c = 1;\n",
    )
    text = compose("a.js", places)
    assert text.count("const c = 1;") == 1
    assert text.index("const c = 1;") < text.index("const b = c;")


def test_the_first_directory_that_has_a_file_gives_it(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, second = (
        write(tmp_path, a_js="const here = 1;\n"),
        write(tmp_path / "other", a_js="const there = 1;\n"),
    )
    assert "here" in compose("a.js", [*first, *second])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('import { a } from "./a.js";\n', "a.js imports a.js: a circle"),
        ('import { a } from "./none.js";\n', "there is no none.js in "),
        ('import * as a from "./b.js";\n', r"a.js: 'import \* as a from \"./b.js\";' is not understood"),
        ("export default 1;\n", "a.js: 'export default 1;' is not understood"),
        ("const a = 1;\nexport { a };\n", "'export { a };' is not understood"),
        ("export let a = 1;\n", "'export let a = 1;' is not understood"),
    ],
)
def test_what_cannot_be_composed_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ModuleError, match=message):
        compose("a.js", write(tmp_path, a_js=text))


@pytest.mark.parametrize("entry", ["live.js", "replay.js"])
def test_the_widgets_are_the_pages_own_files(entry: str) -> None:
    text = module_of(entry)
    _, page = STATIC
    for name in ("ladder.js", "depth.js", "format.js", "frames.js", "levels.js"):
        body = (
            (page / name).read_text(encoding="utf-8").split("\n\n", 2)[2]
        )  # behind the comment and the imports
        assert body.replace("\nexport ", "\n").removeprefix("export ") in text
    assert text.count("class Ladder") == 1
