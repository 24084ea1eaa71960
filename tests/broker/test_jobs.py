from __future__ import annotations

import pytest

from nst_server.broker.jobs import MAXIMUM_OF_CLIENT, MAXIMUM_QUEUED, Entry, Jobs
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, JobHeader
from nst_server.values.limits import MAXIMUM_JOB_BYTES, check_size
from tests.support.servers import make_order


@pytest.fixture
def job() -> JobHeader:
    return make_order().header()


def positions(jobs: Jobs, slots: int = 1) -> dict[str, int]:
    return {entry.name: position for entry, position in jobs.moved(slots)}


def submit(jobs: Jobs, *names: str, job: JobHeader) -> list[Entry]:
    return [jobs.submit(name, b"client", job) for name in names]


def test_positions_are_told_once_and_when_they_change(job: JobHeader) -> None:
    jobs = Jobs()
    a, b, _ = submit(jobs, "a", "b", "c", job=job)
    assert positions(jobs) == {"a": 0, "b": 1, "c": 2}
    assert positions(jobs) == {}
    assert jobs.start_next(1) is a
    assert positions(jobs) == {}
    jobs.remove(b)
    assert positions(jobs) == {"c": 1}
    jobs.remove(a)
    assert positions(jobs) == {"c": 0}


def test_a_job_belongs_to_a_slot_or_waits(job: JobHeader) -> None:
    jobs = Jobs()
    a, b = submit(jobs, "a", "b", job=job)
    assert jobs.waiting == [a, b]
    jobs.start_next(2)
    assert (jobs.running, jobs.waiting) == ([a], [b])
    assert (jobs.at(1), jobs.at(2)) == (None, a)
    assert [entry["state"] for entry in jobs.to_wire(1)] == ["receiving", "queued"]


def test_a_position_is_what_must_end_before_a_slot_is_free(job: JobHeader) -> None:
    jobs = Jobs()
    a, b, *_ = submit(jobs, "a", "b", "c", "d", job=job)
    assert positions(jobs, 2) == {"a": 0, "b": 0, "c": 1, "d": 2}
    jobs.start_next(1)
    jobs.start_next(2)
    assert [entry["position"] for entry in jobs.to_wire(2)] == [0, 0, 1, 2]
    jobs.remove(b)
    assert positions(jobs, 2) == {"c": 0, "d": 1}
    jobs.start_next(2)
    assert positions(jobs, 1) == {"d": 2}  # as one slot cannot be used any more
    jobs.remove(a)
    assert positions(jobs, 1) == {"d": 1}


def test_a_full_queue_is_busy(job: JobHeader) -> None:
    jobs = Jobs()
    for number in range(MAXIMUM_QUEUED):
        jobs.submit(str(number), str(number).encode(), job)
    with pytest.raises(NeuralStyleError) as caught:
        jobs.submit("one more", b"client", job)
    assert caught.value.code == "busy"


def test_one_client_leaves_room_for_others(job: JobHeader) -> None:
    jobs = Jobs()
    for number in range(MAXIMUM_OF_CLIENT):
        jobs.submit(str(number), b"greedy", job)
    with pytest.raises(NeuralStyleError, match="You have") as caught:
        jobs.submit("one more", b"greedy", job)
    assert caught.value.code == "busy"
    jobs.submit("one more", b"other", job)


@pytest.mark.parametrize("name", ["a", "", "x" * 65, "a\nb", "ä", None, 7, ["a"]])
def test_a_name_that_is_taken_or_none_is_refused(job: JobHeader, name: object) -> None:
    jobs = Jobs()
    submit(jobs, "a", job=job)
    with pytest.raises(NeuralStyleError, match="name"):
        jobs.submit(name, b"client", job)
    assert len(jobs.entries) == 1


def test_too_large_is_known_from_the_header_alone() -> None:
    job = Job.from_wire(
        {
            "settings": {},
            "content": {"width": 65535, "height": 65535, "channels": 4, "sample": "float32"},
            "styles": [{"picture": {"width": 9, "height": 9, "channels": 3, "sample": "uint8"}}],
        }
    )
    assert job.size_in_bytes > MAXIMUM_JOB_BYTES
    with pytest.raises(NeuralStyleError) as caught:
        check_size(job, None)
    assert caught.value.code == "too-large"


def test_what_does_not_fit_into_the_free_memory_is_too_large(job: JobHeader) -> None:
    check_size(job, 100 * job.size_in_bytes)
    with pytest.raises(NeuralStyleError, match="are free"):
        check_size(job, job.size_in_bytes)
