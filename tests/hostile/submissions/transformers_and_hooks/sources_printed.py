# class: transformers and hooks
# attack: hooks print the source and the namespace of every cell that runs
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
def show(info):
    print(getattr(info, "raw_cell", ""), get_ipython().user_ns.get("In"), get_ipython().user_ns.get("_ih"))


get_ipython().events.register("pre_run_cell", show)
get_ipython().events.register("post_run_cell", lambda result: show(result.info))
