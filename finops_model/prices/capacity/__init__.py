"""What capacity costs: hardware, storage, transfer, provisioned throughput, spot."""
