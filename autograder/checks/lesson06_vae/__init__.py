"""Checks of lesson 6: the layer, the model, the epoch, its evaluation, its pictures, a broken script. Grader's side.

The layer's sampler is judged by ``location_scale``, where its error rates stand. Every other statistical judgement is
``expect.distribution`` or ``expect.independent`` with an error rate of 1e-10, at most five in a check: a right answer
fails a check with probability below 1e-9. They see 40,000 numbers or more: the limit is then 0.0173, and a distribution
function that is wrong by 0.032 somewhere is missed with probability below 1e-6, since 2 exp(-2 n 0.0147^2) = 6e-8. The
listed mistakes are wrong by 0.05 or more. All else is an identity: the models that the learner's functions work on are
ours, and every result follows from their weights and from the z that they wrote down.

What the gate measures, and what it believes, stands in ``training``.
"""

# In the lesson's order, in which a learner is told which exercises are still open.
# isort: off
from autograder.checks.lesson06_vae.parts import (
    ReparameterizationLayer_clamp,
    ReparameterizationLayer_device,
    ReparameterizationLayer_eval,
    ReparameterizationLayer_gradients,
    ReparameterizationLayer_heads,
    ReparameterizationLayer_initialisation,
    ReparameterizationLayer_noise,
    ReparameterizationLayer_shape,
    ReparameterizationLayer_values,
    VAE_eval,
    VAE_gradients,
    VAE_logits,
    VAE_shape,
    VAE_train,
)
from autograder.checks.lesson06_vae.training import (
    train_epoch_beta,
    train_epoch_gate,
    train_epoch_mean,
    train_epoch_mode,
    train_epoch_result,
    train_epoch_steps,
    train_epoch_target,
)
from autograder.checks.lesson06_vae.measured import (
    evaluate_draws,
    evaluate_grad,
    evaluate_mode,
    evaluate_result,
    evaluate_values,
    generate_prior,
    generate_shape,
    generate_values,
    interpolate_ends,
    interpolate_line,
    interpolate_shape,
)
from autograder.checks.lesson06_vae.repaired import (
    repaired_step_draws,
    repaired_step_loss,
    repaired_step_step,
    diagnosis_loss,
    diagnosis_sampler,
)

__all__ = [
    "ReparameterizationLayer_clamp",
    "ReparameterizationLayer_device",
    "ReparameterizationLayer_eval",
    "ReparameterizationLayer_gradients",
    "ReparameterizationLayer_heads",
    "ReparameterizationLayer_initialisation",
    "ReparameterizationLayer_noise",
    "ReparameterizationLayer_shape",
    "ReparameterizationLayer_values",
    "VAE_eval",
    "VAE_gradients",
    "VAE_logits",
    "VAE_shape",
    "VAE_train",
    "diagnosis_loss",
    "diagnosis_sampler",
    "evaluate_draws",
    "evaluate_grad",
    "evaluate_mode",
    "evaluate_result",
    "evaluate_values",
    "generate_prior",
    "generate_shape",
    "generate_values",
    "interpolate_ends",
    "interpolate_line",
    "interpolate_shape",
    "repaired_step_draws",
    "repaired_step_loss",
    "repaired_step_step",
    "train_epoch_beta",
    "train_epoch_gate",
    "train_epoch_mean",
    "train_epoch_mode",
    "train_epoch_result",
    "train_epoch_steps",
    "train_epoch_target",
]
