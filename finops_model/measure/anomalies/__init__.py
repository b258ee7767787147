"""Days that are unlike the others: found, explained by parts, limited, and answered by people."""
