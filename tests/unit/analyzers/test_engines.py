from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from gpu_trace_analyzers.engines import KINDS, default_rules
from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.model import Engine

EXPECTED = [
    ("kernel", "void gemm<float>", Engine.COMPUTE),
    ("kernel", "ncclDevKernel_AllReduce_Sum_f32_RING_LL(ncclDevKernelArgsStorage<4096ul>)", Engine.COLLECTIVE),
    ("kernel", "rcclGenericKernel<1, false>", Engine.COLLECTIVE),
    ("kernel", "multimem_all_reduce_kernel<c10::BFloat16>", Engine.COLLECTIVE),
    ("kernel", "void vllm::cross_device_reduce_2stage<float, 8>", Engine.COLLECTIVE),
    ("kernel", "deep_ep::intranode::dispatch", Engine.COLLECTIVE),
    ("kernel", "hip_ROCm_some_kernel", Engine.COMPUTE),
    ("kernel", "void at::native::reduce_kernel<512, 1>", Engine.COMPUTE),
    ("kernel", "__amd_rocclr_copyBuffer", Engine.COPY_D2D),
    ("memcpy", "Memcpy HtoD (Pinned -> Device)", Engine.COPY_H2D),
    ("memcpy", "Memcpy DtoH (Device -> Pageable)", Engine.COPY_D2H),
    ("memcpy", "Memcpy PtoP (Device -> Device)", Engine.COPY_P2P),
    ("memcpy", "Memcpy DtoD (Device -> Device)", Engine.COPY_D2D),
    ("memcpy", "CopyHostToDevice", Engine.COPY_H2D),
    ("memcpy", "Memcpy D2M (Device -> Memory)", Engine.COPY_D2H),
    ("memcpy", "MemcpyH2D", Engine.COPY_H2D),
    ("memcpy", "Memcpy HtoA (Pinned -> Array)", Engine.COPY_H2D),
    ("memcpy", "Memcpy AtoH (Array -> Pageable)", Engine.COPY_D2H),
    ("memcpy", "Memcpy AtoA (Array -> Array)", Engine.COPY_D2D),
    ("memcpy", "Memcpy AtoD (Array -> Device)", Engine.COPY_D2D),
    ("memcpy", "Memcpy DtoA (Device Static -> Array)", Engine.COPY_D2D),
    ("memcpy", "Memcpy Unknown (Unknown -> Unknown)", Engine.UNKNOWN),
    ("memcpy", "Memcpy HtoH (Pinned -> Pinned)", Engine.UNKNOWN),
    ("memset", "Memset (Device)", Engine.MEMSET),
    ("operator", "aten::mm", Engine.COMPUTE),
    ("operator", "aten::copy_", Engine.COPY_D2D),
    ("operator", "c10d::allreduce_", Engine.COLLECTIVE),
    ("operator", "_c10d_functional::wait_tensor", Engine.COLLECTIVE),
    ("operator", "record_param_comms", Engine.COLLECTIVE),
    ("operator", "CopyCPU2CPU", Engine.COPY_P2P),
    ("operator", "CopyGPU2CPU", Engine.COPY_D2H),
    ("operator", "CopyCPU2GPU", Engine.COPY_H2D),
    ("graph", "CUDA graph 6", Engine.UNKNOWN),
]


@pytest.mark.parametrize(("kind", "name", "engine"), EXPECTED)
def test_the_rules_that_come_along(kind, name, engine):
    assert default_rules().engine(kind, name) == engine


PUBLIC = [line.split(maxsplit=1) for line in Path(__file__).with_name("kernel_names.txt").read_text().splitlines()]
PUBLIC = [(engine, name) for engine, name in PUBLIC if engine != "#"]


@pytest.mark.parametrize(("engine", "name"), PUBLIC)
def test_kernels_of_public_libraries(engine, name):
    assert default_rules().engine("kernel", name).key == engine


def test_public_names_have_both_signs():
    assert Counter(engine for engine, _ in PUBLIC).keys() == {"collective", "compute"}
    assert min(Counter(engine for engine, _ in PUBLIC).values()) >= 40


def test_every_kind_but_memcpy_has_a_rule_for_any_name():
    assert [kind for kind in KINDS if default_rules().engine(kind, "\0") == Engine.UNKNOWN] == ["memcpy"]


def write(folder, text):
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return path


RULE = '[[rule]]\nkind = "kernel"\npattern = "gemm"\nengine = "unknown"\n'


def test_a_users_rules_come_first(tmp_path):
    rules = default_rules().preceded_by(write(tmp_path, RULE))
    assert rules.engine("kernel", "a GEMM kernel") == Engine.UNKNOWN
    assert rules.engine("kernel", "softmax") == Engine.COMPUTE
    assert default_rules().engine("kernel", "a GEMM kernel") == Engine.COMPUTE


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has no [[rule]] table"),
        ("rule = 3", "has no [[rule]] table"),
        ("[[rule]", "is not TOML ("),
        ("\ud800", "is not TOML ("),
        ("a = " + "[" * 100_000, "is not TOML ("),
        (RULE.replace('"unknown"', "[]"), "rule 1 has engine []"),
        (RULE.replace("kernel", "kernels"), "rule 1 has kind 'kernels'"),
        (RULE + RULE.replace("unknown", "copy"), "rule 2 has engine 'copy'"),
        (RULE.replace('"gemm"', '"("'), "rule 1 has pattern '(', which is not a regular expression"),
        (RULE.replace('"gemm"', "3"), "rule 1 has pattern 3"),
        (RULE.replace('kind = "kernel"\n', ""), "rule 1 has kind None"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said(tmp_path, text, problem):
    path = write(tmp_path, text)
    with pytest.raises(UsageError, match=re.escape(problem)) as caught:
        default_rules().preceded_by(path)
    assert str(path) in str(caught.value)
