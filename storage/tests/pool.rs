//! Buffers come back when the last bytes over them go, and only so many are kept.

use storage::{BlockPool, BufferPool};

#[test]
fn a_block_is_copied_and_its_buffer_reused() {
    let pool = BlockPool::new(2);
    let blocks: Vec<_> = (0..3u8).map(|i| pool.copy(&[i; 16_384])).collect();
    assert!(blocks.iter().zip(0..3u8).all(|(b, i)| b.len() == 16_384 && b.iter().all(|x| *x == i)));
    let part = blocks[2].slice(1..2);
    assert_eq!(pool.idle(), 0);
    drop(blocks);
    assert_eq!((pool.idle(), part[0]), (2, 2), "the slice still holds one, two are kept");
    assert_eq!(&pool.copy(b"short")[..], b"short");
    assert_eq!(pool.idle(), 2);
    drop(part);
    assert_eq!(pool.idle(), 2, "no more than asked for");
}

#[test]
fn a_wish_larger_than_the_pool_s_size_is_not_kept() {
    let pool = BufferPool::new(16, 4);
    let large = pool.copy(&[1; 100]);
    assert_eq!(large.len(), 100);
    drop(large);
    assert_eq!(pool.idle(), 0);
    let mut buffer = pool.buffer(8);
    buffer.as_mut_slice().fill(3);
    assert_eq!(&buffer.freeze()[..], &[3; 8]);
    assert_eq!(pool.idle(), 1);
}
