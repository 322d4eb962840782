# %% reads_between
# fails synchronise: "steps still in the queue"
# The first and the last reading wait: the others do not.
def throughput(step, samples, warmup, repeats, device):
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda _: None)
    for _ in range(warmup):
        step()
    wait(device)
    start, seen = time.perf_counter(), []
    for _ in range(repeats):
        step()
        seen.append(time.perf_counter())
    wait(device)
    return repeats * samples / (time.perf_counter() - start)


# %% as_many_as_the_larger
# fails rate: "the rate with warmup=2"
# fails calls: "step was called another number of times"
# So many calls as repeats, one of them before the clock.
def throughput(step, samples, warmup, repeats, device):
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda _: None)
    before = min(warmup, 1)
    for _ in range(before):
        step()
    wait(device)
    start = time.perf_counter()
    for _ in range(repeats - before):
        step()
    wait(device)
    return repeats * samples / (time.perf_counter() - start)
