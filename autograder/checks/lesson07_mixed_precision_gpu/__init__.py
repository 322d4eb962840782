"""Checks of lesson 7: autocast, float32 islands, gradient scaling, batches on a device, timing. Grader's side.

What the grader recomputes from numbers, and what it believes because the learner's side says so (testimony):

- Recomputed: sigma in float32 (ratios of draws under one seed); all of z's properties; which dtype the model's outputs
  have; that the KL and the reconstruction are differentiated in float32 (the gradients that arrive at the outputs);
  every movement of the weights (unscaled, clipped after unscaling, one step, gradients fresh, none after an overflow);
  the loss; the batches; the rate on the driven clock. The tensors come from the learner's side; what they must be is
  computed here from inputs that were made here.
- Testimony only: that autocast was on or off (the context's state; inside backward()); how often the model ran; the
  scaler's scale; which operations met a tensor of the processor; the order of clock readings, waits and steps; the
  operations of a sampler whose noise no seed reaches. Who called optimizer.step, and how often the scaler was updated,
  only says which mistake explains an answer that has failed.

Error rates stand in ``reparameterize_amp`` and ``device_batches``; no other check is statistical.
"""
