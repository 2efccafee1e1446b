"""The tables of `compose work`: its processes, and the last result of each scheduled job.

Input: nothing. Output: tables. composer/app/work explains the values. Nothing here decides who gets a message: if all rows
are lost, jobs run again and find nothing to do.
"""

from sqlalchemy import Column, Float, Integer, Table, Text

from composer.database.tables.metadata import Moment, metadata

#: One row for each process of `compose work`.
machines = Table(
    "machines",
    metadata,
    Column("id", Integer, primary_key=True),
    #: The name that people gave it: the host name, unless --name says otherwise.
    Column("name", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("process", Integer, nullable=False),
    #: The version of the program, and the number of the rules by which machines work together.
    Column("program", Text, nullable=False),
    Column("protocol", Integer, nullable=False),
    #: The names of its jobs, as JSON.
    Column("jobs", Text, nullable=False),
    Column("began", Moment, nullable=False),
    #: The last heartbeat; on PostgreSQL by the server's clock.
    Column("seen", Moment, nullable=False),
    Column("ended", Moment),
    sqlite_autoincrement=True,
)

#: One row for each job: its last run.
job_runs = Table(
    "job_runs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("began", Moment, nullable=False),
    #: NULL while it runs, and if the process was killed.
    Column("ended", Moment),
    Column("seconds", Float),
    #: The end of the last run that succeeded.
    Column("succeeded", Moment),
    #: Runs that failed since then, and the code of the last failure.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("error", Text),
)
