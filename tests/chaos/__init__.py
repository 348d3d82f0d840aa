"""The whole system on a real Kafka while its processes, its broker, its network and its database are hurt."""
