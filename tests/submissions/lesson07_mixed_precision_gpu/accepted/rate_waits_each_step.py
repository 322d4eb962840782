# Waits after every step, and adds up the times.

# %% grade_id="throughput"
from time import perf_counter


def throughput(step, samples, warmup, repeats, device):
    def once():
        step()
        if device.type != "cpu":
            torch.cuda.synchronize()

    for _ in range(warmup):
        once()
    elapsed = 0.0
    for _ in range(repeats):
        start = perf_counter()
        once()
        elapsed += perf_counter() - start
    return samples / (elapsed / repeats)
