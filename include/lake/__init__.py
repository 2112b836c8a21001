"""Storage: the lake, which is the platform's own, and the S3 bucket that it lands from and exports to."""

from include.lake.s3 import Bucket, Page, S3Object, bucket
from include.lake.storage import Content, Lake, LakeFile, lake

__all__ = ["Bucket", "Content", "Lake", "LakeFile", "Page", "S3Object", "bucket", "lake"]
