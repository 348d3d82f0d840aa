"""The log on Apache Kafka (4.x, KRaft) through aiokafka: production. ``docs/decisions/0012-the-log-on-kafka.md`` says why so."""
