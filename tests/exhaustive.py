"""The tests that ``scripts/test`` leaves out, and ``scripts/test --all`` and ``.ci/run`` run.

Each is a longer variant of what another test shows, which takes seconds of a CPU. A line is a test below this folder,
where ``*`` is any text, and what stands for it. A new test is not in here: it is run by ``scripts/test``.
"""

from __future__ import annotations

import re
from functools import cache

WITHOUT_TORCH = (
    "isolated, and more", "ignoring the environment", "without the script's folder", "without the user's site",
    "empty PYTHONPATH", "a module called click", "forkserver pool", "module with spawn", "a folder without __main__",
    "a prompt after an exit", "a prompt asked for by the environment", "exit with words", "exit None", "exit 256",
    "chained exceptions", "failing import", "excepthook that fails", "aborted", "Ctrl-C handled", "SIGTERM handled",
    "SIGHUP", "fork then raise", "fork then os._exit", "atexit that fails", "exception in a thread",
    "os._exit by keyword", "os._exit of nothing", "execve by keyword", "no flags of ours", "recursion limit",
    "asyncio", "warning at top level", "a relative path", "a sitecustomize that fails", "chdir, then source",
    "pickle of __main__", "fork pool", "package", "no such module", "stdin",
    "unraisable", "exec that fails", "what leaves is called as ever", "latin-1",
)  # fmt: skip
JOBS = ("ddp_late_start", "ddp_slow_gpu", "ddp_slow_host", "fsdp", "tensor_parallel")
ANSWERED = ("seed_blocking", "mlp_overlap", "two_h200/pipeline")
WHAT_IF = (
    "training", "three_engines", "streamed_weights", "offloaded_activations", "two_layers", "blocks", "small_kernels",
    "small_kernels_graph", "needed_at_once", "one_buffer", "item_each_step", "overlapping_views", "shared_storage",
    "kv_cache", "image_batches", "gradients_to_host", "optimizer_states", "prefill", "item_search", "image_bands",
    "snapshots", "experts", "deconvolution", "upscaled_video", "block_sorting",
)  # fmt: skip
EXHAUSTIVE = {
    # in a browser
    "browser/test_a_million_operations.py::*": "test_report_page: many kernels at every zoom; scripts/bench-page",
    "browser/test_perfetto_ui.py::*[mlp_overlap]": "the same of two_streams",
    "browser/test_perfetto_ui.py::*[ddp_rank0]": "the same of two_streams",
    "browser/test_perfetto_ui.py::test_every_row_is_there_*[0-*": "that at 10**18 ns",
    "browser/test_perfetto_ui.py::test_every_row_is_there_*[9007199254741769-*": "that at 10**18 ns",
    "browser/test_perfetto_ui.py::test_it_lands_where_it_is_told_to": "on the worst place; opening/test_prepare",
    "browser/test_perfetto_ui.py::test_recorded_counters_*[export_chrome]": "[export_perfetto]",
    "browser/test_perfetto_ui.py::test_sampled_stacks_*[export_perfetto]": "[export_chrome]",
    "browser/test_perfetto_ui.py::test_the_predicted_schedule_is_pinned*": "exporting/perfetto/test_predicted",
    "browser/test_recorded_run.py::*": "test_perfetto_ui: both kinds of traces; what a run writes: fidelity",
    "browser/test_report_page.py::*[ddp_rank1-light-phone]": "ddp_rank1-light-desktop",
    "browser/test_report_page.py::*[ddp_rank1-dark-*": "ddp_rank1-light-desktop",
    "browser/test_report_page.py::*[mlp_overlap-light-*": "mlp_overlap-dark-phone",
    "browser/test_report_page.py::*[mlp_overlap-dark-desktop]": "mlp_overlap-dark-phone",
    "browser/test_report_page.py::*[seed_nonblocking-light-*": "seed_nonblocking-dark-desktop",
    "browser/test_report_page.py::*[seed_nonblocking-dark-phone]": "seed_nonblocking-dark-desktop",
    "browser/test_report_page.py::*at_every_zoom[7]": "at_every_zoom[11]",
    "browser/test_report_page.py::*at_every_zoom[0]": "at_every_zoom[11]",
    "browser/test_painted_shares.py::*_at_three_zooms[two_streams]": "seed_nonblocking, ddp_rank0",
    "browser/test_painted_shares.py::*_at_three_zooms[two_h200/ddp]": "seed_nonblocking, ddp_rank0",
    "browser/test_painted_shares.py::*_at_three_zooms[limits_h200/kernels_adam]": "seed_nonblocking, ddp_rank0",
    **{f"browser/test_report_panels.py::*_leads_to_its_longest_place[{name}]": "ddp_late_data" for name in ANSWERED},
    "browser/test_report_panels.py::*_leads_to_its_longest_place[limits_h200/*": "seed_nonblocking, ddp_late_data",
    "browser/test_report_panels.py::test_it_fits_without_scrolling_sideways[800-*": "390-two_h200/ddp_late_data",
    "browser/test_report_panels.py::test_it_fits_*[390-seed_nonblocking]": "390-two_h200/ddp_late_data",
    "browser/test_report_panels.py::test_it_fits_*[390-limits_h200/*": "390-two_h200/ddp_late_data",
    "browser/test_report_panels.py::test_text_stands_out_*[mlp_overlap-*": "two_h200/ddp_late_data, both schemes",
    "browser/test_report_panels.py::test_text_stands_out_*[limits_h200/*": "two_h200/ddp_late_data, both schemes",
    "browser/test_report_panels.py::test_the_button_turns_it_dark_and_light*[dark]": "[light]",
    "browser/test_report_panels.py::test_a_heading_sorts_*[Enter]": "[click]",
    "browser/test_showing_places.py::test_a_place_comes_into_view_*[click-button]": "[Enter-button]",
    "browser/test_showing_places.py::test_a_place_comes_into_view_*[Enter-p]": "[click-p]",
    "browser/test_job_page.py::test_a_cell_tells_*[800]": "[1440]; the answer is in view at 390",
    "browser/test_job_page.py::test_a_late_cell_stands_out_*[dark]": "[light]",
    "browser/test_job_page.py::test_the_answer_is_in_view_*[1440]": "[390]",
    "browser/test_job_page.py::test_the_answer_is_in_view_*[800]": "[390]",
    "browser/test_site_pages.py::*": "golden/test_site: the pages are built, and their links lead somewhere",
    # scripts, natively and recorded
    "fidelity/test_dependencies.py::*[forks, loads data, defaults, raises]": "[threads, awkward names, random, exits]",
    "fidelity/test_dependencies.py::*[profiles, leaves]": "an observer of its own, in a profiler; a killed process",
    "fidelity/test_dependencies.py::*[a daemon at work, modes are left on]": "[threads, awkward names, random, exits]",
    "fidelity/test_dependencies.py::test_a_forked_child_may_have_an_observer*": "the observer of a script",
    "fidelity/test_dependencies.py::test_all_sessions_are_in_one_file*": "a window of steps; windows: each range",
    "fidelity/test_dependencies.py::test_each_rank_has_a_file_of_its_own": "test_ranks, and one process with its file",
    "fidelity/test_dependencies.py::test_of_a_terminated_process*": "test_of_a_killed_process, which can write less",
    "fidelity/test_dependencies.py::test_shapes_and_stacks_go_with_it": "with_torch at the level full",
    "fidelity/test_full_disk.py::*[room for a page]": "[room]",
    "fidelity/test_full_disk.py::*[files]": "[room]",
    "fidelity/test_garbage.py::*[full]": "[gpu]",
    "fidelity/test_given_out_again.py::*": "unit/analyzers/dependencies: programs whose memory is given out again",
    "fidelity/test_own_profiler.py::*_are_alike[modules]": "[classes], [functions]",
    "fidelity/test_own_profiler.py::test_what_was_not_recorded_meanwhile_is_not_idle[ops]": "[gpu]",
    "fidelity/test_own_profiler.py::test_a_profiler_that_is_prepared_and_never_started*": "the one that is started",
    "fidelity/test_own_profiler.py::test_a_profiler_that_is_started_long_after*": "one prepared before the recording",
    "fidelity/test_own_profiler.py::test_a_profiler_that_was_prepared_before*[-exit 7]": "that which is started, too",
    "fidelity/test_ranks.py::*[torchrun --no-python]": "[has a child]",
    "fidelity/test_ranks.py::*[-m torch.distributed.run]": "[has a child]",
    "fidelity/test_ranks.py::*[ends early]": "[has a child]",
    "fidelity/test_ranks.py::*[fails]": "[has a child]; with_torch [children] ends by an exception",
    "fidelity/test_ranks.py::*[hangs]": "[has a child]",
    "fidelity/test_ranks.py::*[is killed]": "[has a child], and with_torch of a killed script",
    "fidelity/test_ranks.py::test_machines_with_a_run_folder*": "[has a child]; test_start, test_folder and test_runs",
    "fidelity/test_stacks.py::test_who_wants_none_has_none": "test_started: none is wanted of started ones either",
    "fidelity/test_signals.py::*[each descriptor closed]": "[descriptors closed]",
    "fidelity/test_signals.py::*[loops where warnings are errors]": "[signals of the script's own]",
    "fidelity/test_signals.py::test_few_descriptors_are_enough_for_all_of_a_run": "few for the script alone",
    "fidelity/test_started.py::test_each_finds_its_native_environment[]": "[path]",
    "fidelity/test_started.py::test_each_finds_its_native_environment[empty]": "[path]",
    "fidelity/test_started.py::test_a_program_that_is_another_one_by_exec*": "own_profiler [classes] ends by exec",
    "fidelity/test_started.py::test_one_sentence_names_one_that_does_not_have*": "one whose shell replaced its path",
    "fidelity/test_started.py::test_those_that_did_nothing_leave_nothing": "those that were killed leave nothing",
    "fidelity/test_windows.py::test_a_launcher_itself_is_not_recorded": "ranks [has a child]",
    "fidelity/test_windows.py::test_a_script_that_grows_by_itself*": "test_events_are_bounded, boot/test_budget",
    "fidelity/test_windows.py::test_a_window_that_the_script_never_reaches": "test_a_window_of_optimizer_steps",
    "fidelity/test_windows.py::test_only_inside_an_nvtx_range": "test_every_time_in_an_nvtx_range",
    "fidelity/test_windows.py::test_a_window_of_steps_that_nvtx_*": "those of an optimizer, and each range",
    "fidelity/test_with_torch.py::*_are_alike[its own profiler]": "own_profiler [classes]",
    "fidelity/test_with_torch.py::test_its_own_profiler_left_running": "own_profiler [classes]",
    **{f"fidelity/test_without_torch.py::*[{name}]": "cases of its kind" for name in WITHOUT_TORCH},
    # recorded traces, samples and pages
    "golden/test_brief.py::*[limits_h200/*": "the other traces",
    "golden/test_columns.py::test_commands_say_the_same[ddp_rank0.json.gz]": "the other traces",
    "golden/test_columns.py::test_the_trace_comes_back[*_h200/*": "the other traces",
    "golden/test_columns.py::test_the_trace_comes_back[ddp_rank1.json.gz]": "ddp_rank0.json.gz",
    "golden/test_docs.py::test_the_other_commands_of_a_page_run[docs/columns.md]": "golden/test_columns",
    "golden/test_docs.py::test_the_jobs_of_the_ci_page_run": "the pages' commands that print the same everywhere",
    "golden/test_docs.py::test_the_other_commands_of_a_page_run[docs/how-to/*": "those of README.md",
    "golden/test_docs.py::test_the_other_commands_of_a_page_run[docs/perfetto.md]": "those of README.md; browser tests",
    "golden/test_docs.py::test_the_other_commands_of_a_page_run[docs/troubleshooting.md]": "those of README.md",
    "golden/test_docs.py::test_the_other_commands_of_a_page_run[docs/tutorial.md]": "those of README.md",
    "golden/test_docs.py::test_the_other_commands_of_a_page_run[docs/what-if.md]": "dependencies: a window of steps",
    "golden/test_jobs.py::test_a_recorded_job_has_traces_clocks_and_its_truth": "the tests of what it recorded",
    **{f"golden/test_jobs.py::*_a_recording_*[{name}]": "ddp, ddp_late_data, pipeline" for name in JOBS},
    "golden/test_limits.py::test_every_case_runs_without_a_gpu[all]": "[some]",
    "golden/test_notebooks.py::*_shows_what_it_showed[training]": "[trace], and unit/tracer/test_magic",
    "golden/test_one_wrong_stamp.py::*[one_h200/*": "the other traces",
    "golden/test_reader_figures.py::*[ddp_rank1.json.gz]": "ddp_rank0.json.gz",
    "golden/test_samples.py::test_two_ranks_train_as_one*": "fidelity/test_ranks, and the sample in one process",
    "golden/test_samples.py::test_a_job_of_two_ranks*": "golden/test_jobs: jobs that were recorded",
    **{f"golden/test_two_ranks_as_a_job.py::*[{name}]": "ddp_late_data, pipeline" for name in ("ddp", *JOBS)},
    "golden/test_samples.py::test_ranks_that_do_not_share*": "the sample in one process checks its weights",
    "golden/test_samples.py::test_a_task_that_comes_before*": "the sample in one process checks its products",
    "golden/test_samples.py::test_layers_are_exchanged*": "the sample in one process checks its weights",
    "golden/test_samples.py::test_a_variant_for_gpus*": "the variants of a CPU",
    "golden/test_samples.py::test_an_unknown_variant*": "the variants of a CPU",
    **{f"golden/test_what_if_pairs.py::test_both_*[{name}]": "products, data_loading, in_place" for name in WHAT_IF},
    "golden/test_what_if_pairs.py::test_every_stage_of_a_pair*": "unit/lab/what_if; both cases of every pair run",
    # processes, and big traces
    "unit/analyzers/job/reading/test_columns.py::test_any_number_of_workers*": "columnar/test_folder; test_read_job",
    "unit/analyzers/readers/finishing/test_contradictions.py::test_nothing*[two_h200/*": "the other traces",
    "unit/analyzers/job/kept/test_of_rank.py::*[two_h200/tensor_parallel/*": "the same of ddp",
    "unit/analyzers/job/kept/test_of_rank.py::*[two_h200/ddp_late_data/*": "the same of ddp",
    "unit/analyzers/job/kept/test_of_rank.py::*[ddp_rank1]": "the same of ddp",
    "unit/analyzers/job/reading/test_on_dask.py::test_workers_that_end_again*": "a worker that is killed once",
    "unit/analyzers/job/reading/test_on_dask.py::test_interrupted_*[is_reading]": "[is_starting]",
    "unit/analyzers/job/reading/test_read_job.py::test_all_processes_end_with_the_command[2]": "[9]",
    "unit/analyzers/readers/folders/test_runs.py::test_the_recorded_jobs_are_one_run_each": "the small jobs beside it",
    "unit/analyzers/readers/pftrace/test_reader.py::test_a_recorded_trace_comes_back*-ddp_rank1]": "mlp_overlap",
    "unit/lab/test_page.py::test_the_laboratory_runs_a_sample*": "the tests beside it; golden/test_samples",
    "unit/scripts/test_fleet_truth.py::*[fsdp-*": "[ddp-slow_host,...]; unit/analyzers/job/findings/test_every",
    "unit/scripts/test_fleet_truth.py::*[tensor_parallel-*": "[ddp-slow_host,...]",
    "unit/scripts/test_fleet_truth.py::*[ddp-none-*": "[ddp-slow_host,...], which holds that nothing else is found",
    "unit/tracer/commands/test_analysis_options.py::test_*--copies d2h,d2d]": "--copies h2d",
    **{
        f"unit/tracer/commands/test_analysis_options.py::test_check_*{of}{options}]": "[], and all options together"
        for of in ("range_*[", "[--max-idle-idle_ns-")
        for options in ("--copies h2d", "--rules rules.toml", "--from 8ms --to 15345678ns")
    },
    "unit/tracer/commands/test_analysis_options.py::test_*[--from 5ms]": "--from 8ms --to 15345678ns",
    "unit/tracer/commands/test_analysis_options.py::test_*---from 5ms]": "--from 8ms --to 15345678ns",
    "unit/tracer/commands/test_analysis_options.py::test_*--to 15ms]": "--from 8ms --to 15345678ns",
    "unit/tracer/nvtx_recording/test_recording.py::test_torch_cuda_nvtx_works*[]": "with the library",
    "unit/tracer/recording/test_kineto_places.py::*[1-ddp_rank0]": "[1-two_streams]",
    "unit/tracer/recording/test_kineto_places.py::*[777-ddp_rank0]": "[777-two_streams]",
    "unit/tracer/test_endings.py::*[info*": "[summary]",
    "unit/tracer/test_endings.py::test_a_*[check*": "[summary]",
    "unit/tracer/test_endings.py::test_what_an_encoding_lacks_is_replaced[check*": "[summary]",
    "unit/tracer/test_endings.py::test_who_reads_no_further*[summary]": "[check]",
    "unit/tracer/test_endings.py::*[summary --json*": "[summary]",
    "unit/tracer/test_progress.py::test_a_pipe_gets_nothing[info]": "[summary]",
    "unit/tracer/test_progress.py::test_a_pipe_gets_nothing[check]": "[summary]",
}


@cache
def _patterns(file: str) -> dict[str, re.Pattern[str]]:
    """Of the lines about a file; each of some thousand tests would be held against all of them."""
    lines = [line for line in EXHAUSTIVE if line.startswith(f"{file}::")]
    return {line: re.compile(re.escape(line).replace(r"\*", ".*")) for line in lines}


def lines_of(test: str) -> list[str]:
    """The lines that name a test, given as its path below this folder, ``::`` and its name."""
    patterns = _patterns(test.partition("::")[0])
    return [line for line, pattern in patterns.items() if pattern.fullmatch(test)]
