"""The signatures whose readers are fuzzed."""

from __future__ import annotations

from serving.inference.plan import ModelPlan
from slipway.onnx.signature import DYNAMIC, Datatype, ModelSignature, TensorSpec


def _plan(**inputs: tuple[Datatype, tuple[int, ...]]) -> ModelPlan:
    specs = tuple(TensorSpec(name=name, datatype=kind, shape=shape) for name, (kind, shape) in inputs.items())
    outputs = tuple(
        TensorSpec(name=f"{spec.name}_out", datatype=spec.datatype, shape=spec.shape) for spec in specs
    )
    return ModelPlan.of(ModelSignature(inputs=specs, outputs=outputs))


PLANS = (
    _plan(x=(Datatype.FP32, (DYNAMIC, 2))),
    _plan(x=(Datatype.INT64, (DYNAMIC,))),
    _plan(a=(Datatype.FP32, (DYNAMIC, 1)), b=(Datatype.BYTES, (DYNAMIC, 1))),
    _plan(a=(Datatype.BOOL, (2,)), b=(Datatype.UINT8, (DYNAMIC, DYNAMIC)), c=(Datatype.FP16, ())),
    _plan(a=(Datatype.UINT64, (DYNAMIC, 1)), b=(Datatype.BF16, (DYNAMIC, 1))),
    _plan(x=(Datatype.BYTES, (DYNAMIC, 2))),
    _plan(x=(Datatype.FP64, (DYNAMIC, 2, 2))),
    _plan(x=(Datatype.INT8, (DYNAMIC, 1))),
)
