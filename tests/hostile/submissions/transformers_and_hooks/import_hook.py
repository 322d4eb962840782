# class: transformers and hooks
# attack: an import hook serves a judge that finds everything right
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import sys
import types


class Judge(types.ModuleType):
    def __getattr__(self, name):
        return lambda *args, **kwargs: print("passed")


class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("autograder"):
            sys.modules[name] = Judge(name)


sys.meta_path.insert(0, Finder())
for name in ("autograder.checks", "autograder.grading", "autograder.exercise", "autograder.expect"):
    sys.modules[name] = Judge(name)
