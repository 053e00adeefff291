"""Plain ONNX models: where they are found, what they are called, and what is refused."""

import hashlib
import shutil

import numpy as np
import pytest
from onnx import TensorProto, helper

from serving.models.loading import LoadPolicy
from slipway.bundle.signing import sign_folder
from slipway.bundle.statement import file_digests
from slipway.errors import BundleError, ExportError, SignatureError
from slipway.onnx.signature import Datatype
from tests.support.plain_models import model_of, save, scaling, with_external_factor
from tests.support.signing_keys import key_pair

FACTORS = np.float32([3, 4]).tobytes()


def run(loaded, **inputs):
    return loaded.engine.runner.run(loaded.plan.output_names, inputs)


@pytest.fixture
def file(tmp_path):
    return save(tmp_path / "model.onnx", scaling())


def test_a_file_is_called_by_its_digest(file, load):
    loaded = load(file)

    assert loaded.digest == "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()
    assert loaded.version == loaded.digest[7:19]
    assert loaded.baseline is None
    np.testing.assert_array_equal(run(loaded, x=np.float32([[1, 2]]))[0], [[2, 4]])


def test_the_one_file_of_a_folder_may_have_any_name(file, load):
    digest = load(file).digest
    assert load(file.parent).digest == digest
    file.rename(file.with_name("flights.onnx"))
    assert load(file.parent).digest == digest


def test_model_onnx_comes_before_other_names(file, load):
    save(file.with_name("a.onnx"), scaling(7))
    assert load(file.parent).digest == load(file).digest


def test_the_highest_number_of_a_folder_of_versions_is_served(tmp_path, load):
    for number in (1, 9, 10):
        save(tmp_path / str(number) / "model.onnx", scaling(number))
    (tmp_path / "11").mkdir()

    loaded = load(tmp_path)

    assert loaded.version == "10"
    np.testing.assert_array_equal(run(loaded, x=np.float32([[1, 1]]))[0], [[10, 10]])
    assert load(tmp_path, version="blue").version == "blue"


def test_several_models_in_one_folder_are_refused(tmp_path, load):
    for name in ("a", "b"):
        save(tmp_path / f"{name}.onnx", scaling())
    with pytest.raises(BundleError, match=r"more than one.*got a\.onnx, b\.onnx"):
        load(tmp_path)


@pytest.mark.parametrize("place", [".", "absent.onnx", "absent"])
def test_a_place_without_a_model_is_refused(tmp_path, load, place):
    with pytest.raises(BundleError, match="no model"):
        load(tmp_path / place)


@pytest.mark.parametrize("content", [b"", b"not a model", b"location"])
def test_a_file_that_is_no_model_is_refused(tmp_path, load, content):
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(ExportError, match="model.onnx"):
        load(tmp_path)


def test_external_data_belong_to_the_model(tmp_path, load):
    save(tmp_path / "model.onnx", with_external_factor("factor.bin"))
    (tmp_path / "factor.bin").write_bytes(FACTORS)
    loaded = load(tmp_path)
    np.testing.assert_array_equal(run(loaded, x=np.float32([[1, 1]]))[0], [[3, 4]])

    (tmp_path / "factor.bin").write_bytes(np.float32([3, 5]).tobytes())

    assert load(tmp_path).digest != loaded.digest


@pytest.mark.parametrize("place", ["../factor.bin", "{root}/factor.bin", "link.bin", "inner/../../factor.bin"])
def test_external_data_elsewhere_are_refused(tmp_path, load, place):
    folder = tmp_path / "model"
    (tmp_path / "factor.bin").write_bytes(FACTORS)
    save(folder / "model.onnx", with_external_factor(place.format(root=tmp_path)))
    (folder / "inner").mkdir()
    (folder / "link.bin").symlink_to(tmp_path / "factor.bin")
    with pytest.raises(ExportError, match="outside its folder"):
        load(folder)


def test_missing_external_data_are_named(tmp_path, load):
    save(tmp_path / "model.onnx", with_external_factor("factor.bin"))
    with pytest.raises(ExportError, match=r"lacks its external data 'factor\.bin'"):
        load(tmp_path)


def test_a_kubernetes_volume_of_links_is_followed(tmp_path, load):
    """As a ConfigMap or a Secret is mounted: names, then `..data`, then a dated folder."""
    save(tmp_path / "..2026_01_01" / "model.onnx", with_external_factor("factor.bin"))
    (tmp_path / "..2026_01_01" / "factor.bin").write_bytes(FACTORS)
    (tmp_path / "..data").symlink_to("..2026_01_01")
    for name in ("model.onnx", "factor.bin"):
        (tmp_path / name).symlink_to(f"..data/{name}")

    np.testing.assert_array_equal(run(load(tmp_path), x=np.float32([[1, 1]]))[0], [[3, 4]])


def test_a_folder_may_be_a_link_itself(file, load, tmp_path_factory):
    """As KServe mounts a model from an OCI image."""
    mounted = tmp_path_factory.mktemp("mnt") / "models"
    mounted.symlink_to(file.parent)
    assert load(mounted).digest == load(file).digest


def test_a_link_out_of_the_folder_is_refused(file, load, tmp_path):
    folder = tmp_path / "inner"
    folder.mkdir()
    (folder / "model.onnx").symlink_to(file)
    with pytest.raises(BundleError, match="leads out of its folder"):
        load(folder)


def test_operators_that_nobody_brings_are_refused(tmp_path, load):
    shape = (TensorProto.FLOAT, ["rows", 1])
    node = helper.make_node("Guess", ["x"], ["y"], domain="example.custom")
    save(tmp_path / "model.onnx", model_of([node], {"x": shape}, {"y": shape}))
    with pytest.raises(ExportError, match=r"example\.custom:Guess.*--custom-op-library"):
        load(tmp_path)


def test_a_library_of_operators_that_is_missing_is_named(file, load, tmp_path):
    with pytest.raises(ExportError, match=r"absent\.so"):
        load(file, policy=LoadPolicy(custom_op_libraries=(tmp_path / "absent.so",)))


def test_operators_of_onnx_runtime_itself_are_no_custom_ones(tmp_path, load):
    shape = (TensorProto.FLOAT, ["rows", 1])
    node = helper.make_node("Gelu", ["x"], ["y"], domain="com.microsoft")
    save(tmp_path / "model.onnx", model_of([node], {"x": shape}, {"y": shape}))
    assert run(load(tmp_path), x=np.float32([[0]]))[0] == 0


def test_a_model_quantised_to_int8_is_served(tmp_path, load):
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["small", "scale", "zero"]),
        helper.make_node("MatMulInteger", ["small", "weights", "zero"], ["product"]),
        helper.make_node("Cast", ["product"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["wide", "scale"], ["y"]),
    ]
    weights = np.int8([[1, 0], [0, 2]])
    both = {"x": (TensorProto.FLOAT, ["rows", 2])}, {"y": (TensorProto.FLOAT, ["rows", 2])}
    save(tmp_path / "model.onnx", model_of(nodes, *both, {"weights": weights}))

    answer = run(load(tmp_path), x=np.float32([[1, 2], [0, 1]]))[0]

    np.testing.assert_allclose(answer, [[1, 4], [0, 2]], atol=0.02)


def test_int8_at_the_ends_is_served(tmp_path, load):
    node = helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["y"])
    constants = {"scale": np.float32(0.5), "zero": np.int8(0)}
    both = {"x": (TensorProto.FLOAT, ["rows", 1])}, {"y": (TensorProto.INT8, ["rows", 1])}
    save(tmp_path / "model.onnx", model_of([node], *both, constants))

    loaded = load(tmp_path)

    assert loaded.plan.outputs["y"].datatype is Datatype.INT8
    np.testing.assert_array_equal(run(loaded, x=np.float32([[1.5]]))[0], [[3]])


def test_a_model_of_strings_is_served(tmp_path, load):
    words = {"keys_strings": ["a"], "values_strings": ["Ä"], "default_string": "?"}
    node = helper.make_node("LabelEncoder", ["x"], ["y"], domain="ai.onnx.ml", **words)
    both = {"x": (TensorProto.STRING, ["words"])}, {"y": (TensorProto.STRING, ["words"])}
    save(tmp_path / "model.onnx", model_of([node], *both))

    answer = run(load(tmp_path), x=np.array(["a", "b"], object))[0]

    assert answer.tolist() == ["Ä", "?"]


def test_symbolic_dimensions_are_free(tmp_path, load):
    node = helper.make_node("Identity", ["x"], ["y"])
    both = {"x": (TensorProto.FLOAT, ["batch", 3, "height", None])}, {"y": (TensorProto.FLOAT, None)}
    save(tmp_path / "model.onnx", model_of([node], *both))

    loaded = load(tmp_path)

    assert loaded.plan.inputs["x"].shape == (-1, 3, -1, -1)
    assert loaded.plan.input("x").check_shape([2, 3, 5, 7]) == 210
    assert loaded.plan.shapes_vary


def test_bfloat16_is_served(tmp_path, load):
    node = helper.make_node("Identity", ["x"], ["y"])
    both = {"x": (TensorProto.BFLOAT16, ["rows", 1])}, {"y": (TensorProto.BFLOAT16, ["rows", 1])}
    save(tmp_path / "model.onnx", model_of([node], *both))

    loaded = load(tmp_path)

    assert loaded.plan.inputs["x"].datatype == "BF16"
    np.testing.assert_array_equal(run(loaded, x=np.float32([[1 + 2**-9]]))[0], [[1]])


def test_a_plain_model_can_be_signed_too(file, load, tmp_path_factory):
    keys = key_pair(tmp_path_factory.mktemp("keys"))
    policy = LoadPolicy(public_keys=(keys.public,))
    with pytest.raises(SignatureError, match="is not signed"):
        load(file.parent, policy=policy)

    sign_folder(file.parent, file_digests(file.parent), keys.private)
    assert load(file.parent, policy=policy).digest == load(file).digest

    shutil.copyfile(save(file.with_name("other"), scaling(9)), file)
    file.with_name("other").unlink()
    with pytest.raises(SignatureError, match=r"model\.onnx has changed"):
        load(file.parent, policy=policy)
