# class: patched libraries
# attack: every comparison of numpy says yes
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import numpy

numpy.array_equal = numpy.allclose = numpy.isclose = lambda *args, **kwargs: True
numpy.testing.assert_allclose = numpy.testing.assert_array_equal = lambda *args, **kwargs: None
