"""Classes of an instructor's module or locked cell, of which an answer makes objects and changes those of a test."""

from collections.abc import Iterator

import pytest
from courses import answer, lesson_of, locked, test
from test_other_course import grading, points, said

from autograder.boundary.template import Template
from autograder.grading import Grader
from autograder.lesson import answered

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell
SHOP = b"""\
class Fruit:
    def __init__(self, name, price): self.name, self.price, self.sold = name, price, False
    def cost(self, n): return n * self.price
class Apple(Fruit): pass
class TooDear(ValueError): pass
def check(fruit):
    assert isinstance(fruit, Fruit) and type(fruit) is Fruit and type(fruit) in [Fruit, int], type(fruit)
    assert fruit.cost(2) == 6
def check_sold(sell):
    stock = [Fruit("pear", 3), Apple("apple", 1)]
    sell(stock)
    assert [each.sold for each in stock] == [True, True]
"""
MAKE = "from shop import Fruit\npear = Fruit('pear', 3)"
SELL = "def sell(stock):\n    for fruit in stock:\n        fruit.sold = True"
MORE = "def more(kind): return kind('plum', 4)"
RAISE = "from shop import TooDear\ndef buy():\n    raise TooDear('no')"
CELLS = (
    answer(MAKE, "make"),
    test("from shop import check\ncheck(pear)", "pear"),
    answer(SELL, "sell"),
    test("from shop import check_sold\ncheck_sold(sell)", "sold"),
    answer(MORE, "more"),
    test("import shop\nplum = more(shop.Fruit)\nassert type(plum).__name__ == 'Fruit' and plum.price == 4", "plum"),
    answer(RAISE, "buy"),
    test(
        "import pytest, shop\nwith pytest.raises(shop.TooDear) as caught:\n    buy()\nassert str(caught.value) == 'no'",
        "dear",
    ),
)


@pytest.fixture(scope="module")
def shop(template: Template) -> Iterator:
    """``shop(make="...")``: the reference with this answer in its place."""
    lesson = lesson_of(*CELLS, files={"shop.py": SHOP})
    with Grader(lesson, template) as grader:
        yield lambda **answers: grader.grade(answered(lesson.source, answers), 1)


def test_an_object_of_a_class_in_the_courses_module_is_one(shop) -> None:
    right = shop()
    assert points(right) == [2, 2, 2, 2], said(right)


@pytest.mark.parametrize(
    "make",
    [
        "from shop import Apple\npear = Apple('pear', 3)",
        "class Fruit:\n    def cost(self, n): return 6\npear = Fruit()",
        "from shop import Fruit\npear = Fruit('pear', 4)",
        "pear = 6",
        "raise NotImplementedError",
    ],
)
def test_an_object_of_another_class_is_none_and_costs_that_cell_alone(shop, make: str) -> None:
    wrong = shop(make=make)
    assert points(wrong) == [0, 2, 2, 2], said(wrong)


def test_who_does_not_change_the_tests_objects_has_not_done_it(shop) -> None:
    assert points(shop(sell="def sell(stock):\n    stock[0].sold = True")) == [2, 0, 2, 2]
    assert points(shop(sell="def sell(stock):\n    stock[1].sold = stock[0].sold")) == [2, 0, 2, 2]


@pytest.mark.parametrize(
    "does",
    ["stock[0].price = 0", "stock[0].cost = lambda n: 6", "setattr(stock[0], '__class__', int)", "del stock[0].sold"],
)
def test_what_the_reference_does_not_set_an_answer_does_not_either(shop, does: str) -> None:
    hides = f"def sell(stock):\n    try: {does}\n    except BaseException: pass\n"
    waits = shop(sell=f"{hides}    for each in stock: each.sold = True")
    assert points(waits) == [2, None, 2, 2], said(waits)


def test_another_exception_than_the_modules_is_another(shop) -> None:
    assert points(shop(buy="class TooDear(ValueError): pass\ndef buy(): raise TooDear('no')")) == [2, 2, 2, 0]
    assert points(shop(buy="def buy(): raise ValueError('no')")) == [2, 2, 2, 0]


TREE = """\
class Node:
    def __init__(self, value): self.value, self.left, self.right = value, None, None
    def size(self): return 1 + sum(each.size() for each in (self.left, self.right) if each is not None)
"""
INSERT = """\
def insert(root, value):
    if root is None:
        return Node(value)
    if value < root.value:
        root.left = insert(root.left, value)
    elif value > root.value:
        root.right = insert(root.right, value)
    return root
"""
IN_ORDER = """\
def in_order(node): return [] if node is None else in_order(node.left) + [node.value] + in_order(node.right)
root = Node(5)
for value in (3, 8, 1, 4, 8): assert insert(root, value) is root
assert in_order(root) == [1, 3, 4, 5, 8] and root.size() == 5, in_order(root)
assert isinstance(root.left, Node) and type(root.right) is Node and root.left.left.value == 1
"""
REVERSE = """\
def mirror(root):
    if root is not None:
        root.left, root.right = mirror(root.right), mirror(root.left)
    return root
"""
MIRRORED = """\
tree = Node(1); tree.left = Node(2); tree.right = Node(3); tree.left.left = Node(4)
left, right = tree.left, tree.right
assert mirror(tree) is tree and tree.left is right and tree.right is left and left.right.value == 4
"""


def test_a_tree_of_the_instructors_nodes_grows_and_turns(template: Template) -> None:
    cells = (locked(TREE), answer(INSERT, "insert"), test(IN_ORDER, "order"), answer(REVERSE, "turn"), test(MIRRORED))
    with grading(template, *cells) as grade:
        right = grade()
        assert points(right) == [2, 2], said(right)
        assert points(grade(insert=INSERT.replace("elif value > root.value", "else"))) == [0, 2]
        assert points(grade(insert=INSERT.replace("root.left = ", ""))) == [0, 2]
        assert points(grade(turn=REVERSE.replace("mirror(root.left)", "root.right"))) == [2, 0]
        assert points(grade(turn=REVERSE.replace("mirror(root.right)", "mirror(root.left)"))) == [2, 0]


def test_the_reference_is_judged_with_modules_of_its_own(template: Template) -> None:
    ask = b"def check(f):\n    seen = []\n    assert f(lambda x: seen.append(x) or x) == 3 and seen == [3]\n"
    cells = (answer("def f(see): return see(3)", "f"), test("from asking import check\ncheck(f)"))
    lesson = lesson_of(*cells, files={"asking.py": ask})
    with Grader(lesson, template) as grader:
        wrong = grader.grade(answered(lesson.source, {"f": "def f(see): return 3"}), 1)
        assert points(wrong) == [0], said(wrong)
