"""Two values of each datatype, the extreme ones where JSON has them; scripts send them, tests expect them back."""

VALUES = {
    "BOOL": [True, False],
    "UINT8": [0, 255],
    "UINT16": [0, 2**16 - 1],
    "UINT32": [0, 2**32 - 1],
    "UINT64": [0, 2**64 - 1],
    "INT8": [-128, 127],
    "INT16": [-(2**15), 2**15 - 1],
    "INT32": [-(2**31), 2**31 - 1],
    "INT64": [-(2**63), 2**63 - 1],
    "FP16": [0.5, -65504.0],
    "BF16": [1.5, -(2.0**100)],
    "FP32": [0.25, -3.4028234663852886e38],
    "FP64": [0.1, 1.7976931348623157e308],
    "BYTES": ["", "żółw 🐢\n\0"],
}
HALVES = ("FP16", "BF16")  # which gRPC's typed contents have no field for

NUMPY = {
    "BOOL": "bool",
    **{f"{sign}INT{bits}": f"{sign.lower()}int{bits}" for sign in ("U", "") for bits in (8, 16, 32, 64)},
    **{f"FP{bits}": f"float{bits}" for bits in (16, 32, 64)},
    "BYTES": "object",
}


def shown(datatype, array):
    """What a test can compare of an output: its datatype, its shape, its values."""
    values = array.astype("float32") if datatype in HALVES else array
    flat = [value.decode() if isinstance(value, bytes) else value for value in values.ravel().tolist()]
    return [datatype, list(array.shape), flat]


def expected(*datatypes):
    """What the echo model answers, as `shown` shows it, by output."""
    return {f"{each.lower()}_out": [each, [2, 1], VALUES[each]] for each in datatypes or VALUES}
