import pytest

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.questions.scope import Window
from gpu_trace_analyzers.whatif.contention.kinds import CLASSES, class_of, kinds_beside
from literal import literal
from measured_gpus import on

GEMM = "sm80_xmma_gemm_f32f32_f32f32_f32_nn_n_tilesize256x128"
TF32 = "sm80_xmma_gemm_f32f32_tf32f32_f32_tn_n_tilesize128x128x16"
ADD = "vectorized_elementwise_kernel"


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        (f"k 0-1 name={GEMM} grid=[512,1,1]", ("product_float32",)),
        (f"k 0-1 name={TF32} grid=[512,1,1]", ("product_tf32",)),
        ("k 0-1 name=ampere_bf16_s16816gemm_bf16_128x64 grid=[512,1,1]", ("product_bfloat16",)),
        ("k 0-1 name=some_gemm grid=[512,1,1]", ("product_float32", "product_tf32", "product_bfloat16")),
        (f"k 0-1 name={ADD} grid=[512,1,1]", ("elementwise", "reduction")),
        (f"k 0-1 name={ADD}", ("elementwise", "reduction")),
        (f"k 0-1 name={ADD} grid=[99,1,1]", ("blocks_norm",)),
        (f"k 0-1 name={GEMM} grid=[99,1,1]", ("blocks_arithmetic",)),
        ("h2d 0-1", ("copy_h2d",)),
        ("p2p 0-1", ("copy_p2p",)),
        ("nccl 0-1 grid=[8,1,1]", ("collective",)),
        ("memset 0-1", ()),
        ("unknown 0-1", ()),
    ],
)
def test_the_kind_is_by_engine_name_and_grid(text: str, likely: tuple[str, ...]) -> None:
    trace = on(literal(text))

    assert CLASSES[class_of(trace, 0)[0]].likely == likely


def test_what_is_likely_is_possible() -> None:
    for each in CLASSES:
        assert set(each.likely) <= set(each.possible)


def test_beside_compute_means_beside_the_kernels_of_this_trace_by_their_time() -> None:
    trace = on(literal(f"k 0-30 name={GEMM}; k 30-40 name={ADD}; k 40-9999 name={ADD}; gpu1 k 0-9999 name={TF32}"))

    found = kinds_beside(trace, 0, Window(0, 40), Engine.COMPUTE)

    assert found == {"product_float32": 0.75, "elementwise": 0.125, "reduction": 0.125}


def test_beside_an_engine_that_did_nothing_means_beside_all_that_it_could_do() -> None:
    trace = on(literal("h2d 0-10"))

    assert list(kinds_beside(trace, 0, None, Engine.COPY_D2H)) == ["copy_d2h"]
    assert len(kinds_beside(trace, 0, None, Engine.COMPUTE)) == 5
    assert kinds_beside(trace, 0, None, Engine.MEMSET) == {}
