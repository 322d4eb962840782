# %% accelerator
# torch.accelerator and a clock of nanoseconds.
def throughput(step, samples, warmup, repeats, device):
    def settled():
        if device.type != "cpu":
            torch.accelerator.synchronize(device)
        return time.perf_counter_ns()

    [step() for _ in range(warmup)]
    t = settled()
    [step() for _ in range(repeats)]
    return 1e9 * samples * repeats / (settled() - t)


# %% waits_each_step
# Waits after every step, and adds up the times; the clock has a name of the cell's own.
from time import perf_counter


def throughput(step, samples, warmup, repeats, device):
    def once():
        step()
        if device.type != "cpu":
            torch.cuda.synchronize(device)

    for _ in range(warmup):
        once()
    elapsed = 0.0
    for _ in range(repeats):
        start = perf_counter()
        once()
        elapsed += perf_counter() - start
    return samples / (elapsed / repeats)


# %% another_clock_beside
# Another clock tells the time of day, and has no part in the rate.
def throughput(step, samples, warmup, repeats, device):
    began = time.time()
    for _ in range(warmup):
        step()
    marks = []
    for count in (repeats, 0):
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        marks.append(time.perf_counter())
        for _ in range(count):
            step()
    assert time.time() >= began
    return repeats * samples / (marks[1] - marks[0])
