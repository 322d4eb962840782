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
