"""Checks of lesson 6: the layer, the model, the epoch, its evaluation, its pictures, a broken script. Grader's side.

The layer's sampler is judged by ``location_scale``, where its error rates stand. Every other statistical judgement is
one of ``expect``, with an error rate of 1e-10, at most eight in a check: a right answer fails a check with probability
below 1e-9. They see 40,000 numbers or more: the limit is then 0.0173, and a distribution function that is wrong by
0.032 somewhere is missed with probability below 1e-6, since 2 exp(-2 n 0.0147^2) = 6e-8. The listed mistakes are wrong
by 0.05 or more. (A model's encode is asked for 6,000, since its layer has been judged.) All else is an identity: the
models that the learner's functions work on are ours, or their weights are known, and every result follows from the
weights and from the z that were written down.

What the gate measures, and what it believes, stands in ``train_epoch``.
"""
