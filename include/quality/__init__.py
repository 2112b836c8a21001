"""Quality: Great Expectations' suites judge each chunk's rows with their verdicts, and Data Docs show how."""
