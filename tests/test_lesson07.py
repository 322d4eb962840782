"""The scripts of lesson 7: the ladder keeps its loss, and two processes get the gradients of one."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from autograder.beside import lesson07_mixed_precision_gpu as watch
from lessonkit import ladder, two_processes

ROOT = Path(__file__).parents[1]
ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """A script in a process of its own, as a learner starts it."""
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=ROOT, env=ONE_THREAD, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def climbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], str]:
    """What the quick ladder prints on the processor, and what it writes."""
    table = tmp_path_factory.mktemp("ladder") / "table.md"
    done = run("lessonkit.ladder", "--quick", "--device", "cpu", "--write", str(table))
    return done, table.read_text(encoding="utf-8") if table.exists() else ""


def test_every_rung_of_the_quick_ladder_reaches_the_loss_of_the_first(climbed) -> None:
    done, _ = climbed
    assert done.returncode == 0, done.stdout + done.stderr
    losses = [float(loss) for loss in re.findall(r"samples/s, loss ([\d.]+)", done.stdout)]
    assert len(losses) == 4
    assert max(losses) - min(losses) < ladder.SAME_LOSS * losses[0]


def test_the_ladder_says_which_rungs_a_processor_has_not(climbed) -> None:
    done, _ = climbed
    assert "left out: TF32" in done.stdout
    assert "left out: CUDA graph" in done.stdout


def test_the_written_table_names_machine_versions_and_date(climbed) -> None:
    _, table = climbed
    assert torch.__version__ in table
    assert re.search(r"\d{4}-\d\d-\d\d", table)
    assert "3.28 MFLOP a sample" in table
    assert len([line for line in table.splitlines() if line.startswith("| ")]) == 2 + 4


def test_each_rung_changes_one_thing() -> None:
    rungs, _ = ladder.ladder(torch.device("cuda"), compile_too=True)
    settings = ("resident", "tf32", "autocast", "fused", "compiled")
    changes = [[name for name in settings if getattr(a, name) != getattr(b, name)] for a, b in pairwise(rungs)]
    assert changes == [["resident"], ["tf32"], ["autocast"], ["fused"], ["compiled"], ["compiled"]]


def test_a_rung_that_learns_something_else_is_named(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    losses = iter([100.0, 101.0, 120.0, 99.0])

    def measured(rung: ladder.Rung, *_: object) -> ladder.Measurement:
        return ladder.Measurement(rung.name, 1.0, next(losses), 2.0)

    monkeypatch.setattr(ladder, "measure", measured)
    assert ladder.main(["--quick", "--device", "cpu", "--peak", "1"]) == 1
    assert "bfloat16 autocast: the loss is 120.0, and 100.0 on the first rung" in capsys.readouterr().out


def test_two_processes_get_the_gradients_of_one() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--nproc-per-node", "2", "--master-addr", "127.0.0.1", "--master-port", str(port)]
    done = run("torch.distributed.run", *options, "-m", "lessonkit.two_processes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The gradients are the same." in done.stdout
    apart, together = (float(found) for found in re.findall(r"(?:alone|together): +([\d.e+-]+)", done.stdout))
    assert together < 1e-4 * apart


def test_without_torchrun_the_script_says_how_to_start_it(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.delenv("RANK", raising=False)
    assert two_processes.main() == 2
    assert "torchrun --nproc-per-node 2 -m lessonkit.two_processes" in capsys.readouterr().out


class Traffic(TorchDispatchMode):
    """Counts the numbers of weights, and of what has their size, that operations read and write."""

    def __init__(self) -> None:
        super().__init__()
        self.moved = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Do the operation, and count what it moved; a view moves nothing."""
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            read = list(zip(func._schema.arguments, args, strict=False))
            written = [(spec, value) for spec, value in read if spec.alias_info and spec.name != "grads"]
            results = zip(func._schema.returns, result if isinstance(result, tuple) else (result,), strict=False)
            made = [(spec, value) for spec, value in results if not spec.alias_info]
            tensors = [leaf for _, value in read + written + made for leaf in tree_leaves(value)]
            self.moved += sum(t.numel() for t in tensors if isinstance(t, torch.Tensor) and t.numel() >= 8_000)
        return result


def test_a_step_moves_each_weight_ten_times_and_nine_times_in_the_first_layer() -> None:
    model, x = ladder.VAE(), torch.rand(3, ladder.PIXELS).round()
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    for _ in range(2):  # the first step also makes the optimizer's state
        with Traffic() as traffic:
            logits, mu, logvar = model(x)
            optimizer.zero_grad()
            ladder.loss_of(logits, x, mu, logvar).backward()
            optimizer.step()
    first = ladder.PIXELS * ladder.HIDDEN
    assert traffic.moved == 10 * ladder.WEIGHTS - first
    assert 4 * traffic.moved / 1e6 == pytest.approx(24.8, abs=0.05)


def test_the_roofline_of_the_lesson_counts_the_bytes_of_a_step_in_that_way() -> None:
    source = (ROOT / "solutions" / "lesson07_mixed_precision_gpu.py").read_text(encoding="utf-8")
    assert "step_bytes = 4 * (10 * (first + heads + decoder) - first)" in source


def test_a_context_that_an_answer_leaves_open_costs_later_steps_nothing() -> None:
    def entered_already(device: torch.device) -> torch.autocast:
        context = torch.autocast(device.type, dtype=torch.bfloat16)
        context.__enter__()
        return context

    assert watch.autocast_state(entered_already, torch.device("cpu"))["after"]
    layer, x = torch.nn.Linear(2, 1, bias=False), torch.ones(1, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        layer(x)
    torch.nn.init.zeros_(layer.weight)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert layer(x) == 0, "the weight as it is now, not as it was cast before"
