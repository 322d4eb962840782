# class: transformers and hooks
# attack: an object whose finalizer runs between the calls puts another function in place
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import gc


class Late:
    def __del__(self):
        get_ipython().user_ns["double"] = lambda x: x.new_full(x.shape, 6.0)
        Late()


Late()
gc.set_threshold(1)
