"""What lies in Kafka and in the state stays readable: see docs/design/compatibility.md."""
