# A context of its own making.

# %% grade_id="autocast_for"
from contextlib import contextmanager


@contextmanager
def autocast_for(device):
    kind = device.type
    if kind not in ("cpu", "cuda", "mps", "xpu", "hpu", "mtia"):
        yield
        return
    native = kind != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
    with torch.autocast(kind, dtype=[torch.float16, torch.bfloat16][native]):
        yield
