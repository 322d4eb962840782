"""Checks of lesson 6: the layer, the model, the epoch, its evaluation, its pictures, a broken script. Grader's side.

The layer's sampler is judged by ``location_scale``, where its error rates stand. Every other statistical judgement is
``expect.distribution`` or ``expect.independent`` with an error rate of 1e-10, at most five in a check: a right answer
fails a check with probability below 1e-9. They see 40,000 numbers or more: the limit is then 0.0173, and a distribution
function that is wrong by 0.032 somewhere is missed with probability below 1e-6, since 2 exp(-2 n 0.0147^2) = 6e-8. The
listed mistakes are wrong by 0.05 or more. All else is an identity: the models that the learner's functions work on are
ours, and every result follows from their weights and from the z that they wrote down.

The gate measures the learner's own model, after the learner's own epochs, by the grader's ELBO: the grader draws z from
the mu and logvar that the model encodes, lets it decode them in another order, and does all sums itself. The learner's
``evaluate`` plays no part. What ``encode`` and ``decode`` return is testimony: a model that recognised the test images
could lie. Two things make that hard: pixels are shuffled in a way that is not told, and z is the grader's draw. The
gate looks after every 10 epochs, and stops when its limit is met: a right solution needs 20 or 30 of the 100. The
margin of the gate over seeds and splits is measured by benchmarks/vae_gate.py.
"""

from __future__ import annotations

from autograder.checks.vae_measured import (
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
from autograder.checks.vae_parts import (
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
from autograder.checks.vae_repaired import (
    diagnosis_loss,
    diagnosis_sampler,
    repaired_step_draws,
    repaired_step_loss,
    repaired_step_step,
)
from autograder.checks.vae_training import (
    train_epoch_beta,
    train_epoch_gate,
    train_epoch_mean,
    train_epoch_mode,
    train_epoch_result,
    train_epoch_steps,
    train_epoch_target,
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
