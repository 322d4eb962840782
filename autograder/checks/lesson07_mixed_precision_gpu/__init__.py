"""Checks of lesson 7: autocast, float32 islands, gradient scaling, batches on a device, timing. Grader's side.

What the grader recomputes from numbers, and what it believes because the learner's side says so (testimony):

- Recomputed: sigma in float32 (ratios of draws under one seed); all of z's properties; which dtype the model's outputs
  have; that the KL and the reconstruction are differentiated in float32 (the gradients that arrive at the outputs);
  every movement of the weights (unscaled, clipped after unscaling, one step, gradients fresh, none after an overflow);
  the loss; the batches; the rate on the driven clock. The tensors come from the learner's side; what they must be is
  computed here from inputs that were made here.
- Testimony only: that autocast was on or off (the context's state; inside backward()); the scaler's scale; which
  operations met a tensor of the processor; the order of clock readings, waits and steps; the operations of a sampler
  whose noise no seed reaches.

Error rates stand in ``precision`` and ``batches``; no other check is statistical.
"""

# In the lesson's order, in which a learner is told which exercises are still open.
# isort: off
from autograder.checks.lesson07_mixed_precision_gpu.precision import (
    autocast_for_cuda,
    autocast_for_elsewhere,
    autocast_for_unsupported,
    reparameterize_amp_dtype,
    reparameterize_amp_device,
    reparameterize_amp_range,
    reparameterize_amp_precision,
    reparameterize_amp_noise,
    reparameterize_amp_gradients,
)
from autograder.checks.lesson07_mixed_precision_gpu.training_step import (
    amp_train_step_forward,
    amp_train_step_backward,
    amp_train_step_loss,
    amp_train_step_precision,
    amp_train_step_step,
    amp_train_step_fresh,
    amp_train_step_clip,
    amp_train_step_overflow,
    amp_train_step_update,
)
from autograder.checks.lesson07_mixed_precision_gpu.batches import (
    device_batches_rows,
    device_batches_edges,
    device_batches_order,
    device_batches_device,
)
from autograder.checks.lesson07_mixed_precision_gpu.timing import (
    throughput_rate,
    throughput_synchronise,
    throughput_calls,
)
from autograder.checks.lesson07_mixed_precision_gpu.device import DEVICE

__all__ = [
    "DEVICE",
    "amp_train_step_backward",
    "amp_train_step_clip",
    "amp_train_step_forward",
    "amp_train_step_fresh",
    "amp_train_step_loss",
    "amp_train_step_overflow",
    "amp_train_step_precision",
    "amp_train_step_step",
    "amp_train_step_update",
    "autocast_for_cuda",
    "autocast_for_elsewhere",
    "autocast_for_unsupported",
    "device_batches_device",
    "device_batches_edges",
    "device_batches_order",
    "device_batches_rows",
    "reparameterize_amp_device",
    "reparameterize_amp_dtype",
    "reparameterize_amp_gradients",
    "reparameterize_amp_noise",
    "reparameterize_amp_precision",
    "reparameterize_amp_range",
    "throughput_calls",
    "throughput_rate",
    "throughput_synchronise",
]
