"""What operators read and write, where their schemas do not say it."""

from __future__ import annotations

from executions import run


class TestHiddenBySchemas:
    def test_running_statistics_are_written_in_training(self):
        step = "cudnn_batch_norm(x, running_mean=m, training=True) -> {} : k"
        assert run("\n".join(step.format(name) for name in "ab")).edges == {(0, 1, "READS")}

    def test_and_only_read_otherwise(self):
        step = "cudnn_batch_norm(x, running_mean=m, training=False) -> {} : k"
        assert run("\n".join(step.format(name) for name in "ab")).edges == set()

    def test_collectives_write_what_is_not_sent(self):
        assert run("""
            relu(x) -> a : k
            c10d::allgather_(output_tensors=o, input_tensors=a, object)
                record_param_comms(a) -> o : nccl
            relu(o) -> b : k
            relu(a) -> c : k
        """).edges == {(0, 1, "READS"), (1, 2, "READS"), (0, 3, "READS")}

    def test_a_result_is_written_though_it_is_an_argument(self):
        assert run("""
            relu(x) -> a : k
            lib::step(a) -> b=a : k
            relu(b) -> c : k
        """).edges == {(0, 1, "READS"), (1, 2, "READS")}

    def test_collectives_without_the_record_of_their_library(self):
        assert run("""
            relu(x) -> a : k
            c10d::allgather_(output_tensors=o, input_tensors=a, object) : nccl
            relu(o) -> b : k
            zero_(a!) : k
        """).edges == {(0, 1, "READS"), (1, 2, "READS"), (1, 3, "OVERWRITES_READ"), (0, 3, "OVERWRITES")}

    def test_a_collective_without_results_may_write_what_it_was_given(self):
        assert run("""
            record_param_comms(a) : nccl
            relu(a) -> b : k
        """).edges == {(0, 1, "READS")}

    def test_kernels_of_triton_may_write_what_they_are_given(self):
        assert run("""
            triton_add(a, b) : k
            relu(b) -> c : k
            relu(d) -> e : k
        """).edges == {(0, 1, "READS")}
