"""Everything that runs on a schedule, in one process that keeps running (`compose work`).

    jobs               the list: each job's name, schedule and condition
    job_functions      what each job does: it calls the same use cases as the commands
    alerts             what a person should look at
    certificates       when those of the public pages and the mail server expire
    job_runner         runs one job: with a fresh look at the settings, and its result recorded
    job_records        the last result of each job
    local_engine       starts jobs on one computer (SQLite): APScheduler
    cluster_engine     starts jobs on several computers (PostgreSQL): Procrastinate
    work_session       one process from its start to its end (database/machines: which processes are running)
    work_status        what each process is doing                  metrics: figures for monitoring

Guarantees: a job decides nothing by itself. The ledger, the archive and the backup folder decide, so a job that is lost,
repeated or interrupted changes nothing.
"""
