"""Small changes of a reference solution: which there are, and what is said of those that no check rejects."""

import ast
import contextlib
import shutil

import pytest
from class_of_four import ROOT
from typer.testing import CliRunner

import autograder.cli
from autograder.boundary.limits import Limits
from autograder.commands import author
from autograder.course import Course
from autograder.lesson import LessonError, marks
from autograder.proofs.mutants import Judge, Score, write_table
from autograder.proofs.mutation import mutants

COURSE = Course(ROOT)
STEM = "double"
LESSON = '''# %%
import torch

# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true, "task": false}
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return x * 2
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "double-values", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert double(2) == 4

# %% nbgrader={"grade": true, "grade_id": "double-kinds", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
assert isinstance(double(2), int)
'''  # noqa: E501
HOLE = "return x [* → +] 2"


def names_of(source: str) -> list[str]:
    return [mutant.name for mutant in mutants(source)]


def answer(line: str) -> str:
    """An answer in which a line stands between others."""
    return f"def answer(x: Tensor, y: Tensor, n: int = 4) -> Tensor:\n    {line}\n    return n"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("z = x + y", "z = x [+ → -] y"),
        ("z = x - y", "z = [x - y → y - x]"),
        ("z = x @ y", "z = x[ @ y → ]"),
        ("z = 2 * x", "z = [2 → 2.2] * x"),
        ("z = 2 * x", "z = [ → -]2 * x"),
        ("z = x == y", "z = x [== → !=] y"),
        ("z = x < y", "z = x [< → <=] y"),
        ("z = not x", "z = [not  → ]x"),
        ("z = x and y", "z = x [and → or] y"),
        ("z = x if n else y", "z = x if [ → not ]n else y"),
        ("z = x if n else y", "z = [x if n else  → ]y"),
        ("z = -x", "z = [- → ]x"),
        ("z = f(x, y)", "z = f([x, y → y, x])"),
        ("z = f(x, y)", "z = f(x[, y → ])"),
        ("z = f(x, y)", "z = f(x, [y → x])"),
        ("z = f(x, y)", "z = f(x, [ → -]y)"),
        ("z = f(x, y)", "z = f(x, y[ → .detach()])"),
        ("z = f(x, y)", "z = f(x, y[ → .float()])"),
        ("z = f(x, dim=0)", "z = f(x[, dim=0 → ])"),
        ("z = x.sum(dim=0)", "z = x.[sum → mean](dim=0)"),
        ("z = x.sum(dim=0)", "z = x.sum([dim=0 → ])"),
        ("z = x.detach()", "z = x[.detach() → ]"),
        ("z = x.clone().requires_grad_()", "z = x.clone()[.requires_grad_() → ]"),
        ("z = torch.exp(x)", "z = torch.[exp → log](x)"),
        ("z = torch.exp(x)", "z = [torch.exp(x) → x]"),
        ("z = x.exp()", "z = [x.exp() → torch.nn.functional.softplus(x)]"),
        ("z = torch.randn(n, dtype=torch.float64)", "z = torch.randn(n, dtype=torch.[float64 → float32])"),
        ("z = f(x, reduction='none')", "z = f(x, reduction='[none → sum]')"),
        ("z = x[0]", "z = x[[0 → 1]]"),
        ("z += x", "z [+= → -=] x"),
        ("z += x", "z [+= → =] x"),
        ("return x, y", "return ([x, y → y, x])"),
        ("return x, y", "[return (x, y) → ]"),
        ("step.zero()", "[step.zero() → ]"),
        ("f(x); g(y)", "[f(x); g(y) → g(y); f(x)]"),
        ("with torch.no_grad(): z = x", "[with torch.no_grad(): → ]"),
        ("with torch.no_grad(): z = x", "with torch.[no_grad → enable_grad]():"),
        ("for z in x: f(z)", "f(z)[ → ; break]"),
        ("if n: f(x)", "[if n: → ]"),
        ("raise ValueError(n)", "raise [ValueError → RuntimeError](n)"),
    ],
)
def test_a_slip_is_a_mutant_and_its_name_shows_the_line(line, name):
    assert name in names_of(answer(line))


def test_a_default_is_changed_and_a_parameter_is_not():
    names = names_of(answer("z = n"))
    assert "def answer(x: Tensor, y: Tensor, n: int=[4 → 5]) -> Tensor:" in names
    assert [name for name in names if name.startswith("def")] == [
        f"def answer(x: Tensor, y: Tensor, n: int={change}) -> Tensor:"
        for change in ("[4 → 5]", "[4 → 3]", "[ → -]4", "[4 → 4.4]")
    ]


def test_prose_is_not_changed_and_neither_is_a_stub_above_the_solution():
    assert names_of('def f(x: int = y) -> int:\n    """Twice 2."""\n    pass  # 3') == []
    assert names_of("x = 3\nx = True") == ["x = [True → False]"]


def test_lines_that_are_alike_have_mutants_of_different_names():
    names = names_of("f(1)\nf(1)")
    assert "f([1 → 2])" in names and "f([1 → 2]) (2)" in names


@pytest.mark.parametrize("stem", COURSE.stems)
def test_every_mutant_of_the_course_compiles_is_new_and_has_a_name_of_its_own(stem):
    lesson = COURSE.lesson(stem)
    for cell in (lesson.cells[name] for name in dict.fromkeys(lesson.exercises.values())):
        found = list(mutants(cell.source))
        before = ast.unparse(ast.parse(cell.source))
        assert len({mutant.name for mutant in found}) == len({mutant.source for mutant in found}) == len(found) > 5
        for mutant in found:
            assert ast.unparse(ast.parse(mutant.source)) != before, marks(cell)["grade_id"]
        assert found == list(mutants(cell.source))


@pytest.mark.parametrize("stem", COURSE.stems)
def test_every_reason_in_the_course_is_given_for_a_mutant_that_there_is(stem, template):
    judge = Judge(COURSE, stem, template, Limits(), 7)
    for exercise, reasons in judge.reasons.items():
        names = [mutant.name for mutant in judge.mutants(exercise)]
        assert Score(exercise, dict.fromkeys(names, ""), reasons).stale == {}, exercise


@pytest.fixture
def course(tmp_path, monkeypatch, template):
    """A course with one exercise, whose checks take x + 2 for x * 2; the command is run in it, with a warm template."""
    monkeypatch.setattr(author, "Template", lambda _: contextlib.nullcontext(template))
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / f"{STEM}.py").write_text(LESSON)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return Course(tmp_path)


@pytest.fixture
def scored(course, template):
    """The score of the exercise, with these reasons."""

    def score(reasons: str = "") -> Score:
        give(course, reasons)
        *_, found = Judge(course, STEM, template, Limits(), 7).score("double")
        return found

    return score


def give(course: Course, reasons: str) -> None:
    path = course.root / "benchmarks" / "mutants" / f"{STEM}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(reasons, encoding="utf-8")


def reason(*names: str) -> str:
    return f'[[double]]\nreason = "They agree at 2."\nmutants = {list(names)}\n'


def test_a_change_that_every_check_lets_pass_is_a_hole(scored):
    score = scored()
    assert score.holes == [HOLE]
    assert score.fates["return x [* → /] 2"] == "double-values"
    assert score.fates["[return x * 2 → pass]"] == "double-values"
    total, killed, equivalent, holes = score.counts
    assert (killed, equivalent, holes) == (total - 1, 0, 1)


def test_a_change_with_a_reason_is_equivalent(scored):
    score = scored(reason(HOLE))
    assert (score.holes, score.stale) == ([], {})
    total, *rest = score.counts
    assert rest == [total - 1, 1, 0]


def test_a_reason_may_stand_for_all_changes_of_a_kind(scored):
    score = scored(reason("return x […] 2"))
    assert (score.holes, score.stale) == ([], {})
    assert scored(reason("return x […] 3")).holes == [HOLE]


def test_a_reason_that_explains_nothing_any_more_is_stale(scored):
    score = scored(reason(HOLE, "return x [* → /] 2", "return x [* → **] 2", "… → -…"))
    assert score.holes == []
    assert score.stale == {
        "return x [* → /] 2": "is rejected by double-values",
        "return x [* → **] 2": "is no mutant of the reference solution",
        "… → -…": "is rejected by double-values",
    }


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        ("[[double]", "is no TOML: "),
        ("[[treble]]\n", f"explains treble, which {STEM} does not ask."),
        ('[[double]]\nmutants = ["x"]\n', "each [[double]] needs a `reason` and a list of `mutants`."),
        ('[[double]]\nreason = "So it is."\n', "each [[double]] needs a `reason` and a list of `mutants`."),
        ('double = "So it is."\n', "each [[double]] needs a `reason` and a list of `mutants`."),
    ],
)
def test_a_file_of_reasons_that_cannot_be_read_is_named(scored, reasons, told):
    with pytest.raises(LessonError) as stopped:
        scored(reasons)
    assert f"benchmarks/mutants/{STEM}.toml" in str(stopped.value) and told in str(stopped.value)


def test_a_reference_that_fails_its_checks_has_no_mutants(course, template):
    path = course.root / "solutions" / f"{STEM}.py"
    path.write_text(path.read_text().replace("double(2) == 4", "double(2) == 5"))
    with pytest.raises(LessonError) as stopped:
        list(Judge(course, STEM, template, Limits(), 7).score("double"))
    assert str(stopped.value) == "double-values rejects the reference solution. Run `autograder verify double` first."


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(autograder.cli.app, ["mutants", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_the_command_lists_what_is_open_and_exits_1(course):
    give(course, reason("return x [* → /] 2"))
    status, out, err = run(STEM)
    first, *rest = out.splitlines()
    assert status == 1
    assert first.startswith("✗ double double: ") and first.endswith(" killed, 0 equivalent, 1 hole")
    assert rest == [
        f'    "{HOLE}",  # passes every check',
        '    "return x [* → /] 2",  # has a reason, and is rejected by double-values',
    ]
    assert err == "2 to mend: a check, or a reason in benchmarks/mutants/<lesson>.toml.\n"


def test_the_command_stores_the_scores_and_exits_0_where_nothing_is_open(course):
    give(course, reason(HOLE))
    status, out, err = run("--write")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "written: benchmarks/mutants.md"
    table = (course.root / "benchmarks" / "mutants.md").read_text()
    assert f"**double**\n\n- They agree at 2.\n  - `{HOLE}`\n" in table


def test_scores_of_a_lesson_leave_those_of_others_where_they_are(course):
    one = Score("twice", {"a": "twice-values", "b": "", "c": ""}, {"b": "It is so."})
    write_table(course, "later", [one])
    path = write_table(course, "earlier", [Score("half", {"d": "half-values"}, {}), one])
    before, earlier, later = path.read_text().split("## ")
    assert "do not edit" in before
    assert earlier == (
        "earlier\n\n"
        "| exercise | mutants | killed | equivalent | holes |\n"
        "| --- | ---: | ---: | ---: | ---: |\n"
        "| half | 1 | 1 | 0 | 0 |\n"
        "| twice | 3 | 1 | 1 | 1 |\n"
        "| all | 4 | 2 | 1 | 1 |\n\n"
        "**twice**\n\n- It is so.\n  - `b`\n- Hole.\n  - `c`\n\n"
    )
    assert later.startswith("later\n\n| exercise |")


def test_the_command_judges_one_exercise_alone(course):
    path = course.root / "solutions" / f"{STEM}.py"
    path.write_text(LESSON + LESSON.partition("import torch\n")[2].replace("double", "treble"))
    give(course, reason(HOLE))
    status, out, _ = run("--exercise", "double")
    assert (status, len(out.splitlines())) == (0, 1)
    assert out.startswith("✓ double double: ")


def test_an_exercise_that_is_not_there_is_named(course):
    status, _, err = run(STEM, "--exercise", "treble")
    assert (status, err) == (2, "double: no exercise is called treble.\n")


def test_scores_of_one_exercise_are_not_stored(course):
    status, _, err = run(STEM, "--exercise", "double", "--write")
    assert (status, err) == (2, "--write stores the scores of whole lessons: give it without --exercise.\n")
