# class: endless loops
# attack: a result that never ends showing itself
# expects double-values: time_limit_exceeded
# expects double-gradients: time_limit_exceeded

# %% grade_id="double"
class Endless:
    def __repr__(self):
        while True:
            pass


Endless()
