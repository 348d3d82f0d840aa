"""The public contract as documents: JSON Schemas, AsyncAPI, OpenAPI, the event catalogue, and what may change between releases.

Everything is generated from the registry and the services; ``loanstream schemas generate`` writes it into ``schemas/generated``.
"""
