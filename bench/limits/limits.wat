;; What the machine can do, and nothing else: the limits that the benches are measured against.
(module
  (memory (export "memory") 512) ;; 32 MB

  ;; Multiplies and adds in 13 independent chains, enough to fill two multipliers and two adders whose results take three
  ;; cycles each; with the two constants they fill 15 of the 16 registers. n rounds of 104 operations.
  (func (export "multiply_add") (param $n i32) (result f32)
    (local $m v128) (local $a v128)
    (local $c0 v128) (local $c1 v128) (local $c2 v128) (local $c3 v128) (local $c4 v128) (local $c5 v128) (local $c6 v128)
    (local $c7 v128) (local $c8 v128) (local $c9 v128) (local $c10 v128) (local $c11 v128) (local $c12 v128)
    (local.set $m (f32x4.splat (f32.const 0.75)))
    (local.set $a (f32x4.splat (f32.const 0.25)))
    (local.set $c0 (f32x4.splat (f32.const 1.0)))
    (local.set $c1 (f32x4.splat (f32.const 1.0625)))
    (local.set $c2 (f32x4.splat (f32.const 1.125)))
    (local.set $c3 (f32x4.splat (f32.const 1.1875)))
    (local.set $c4 (f32x4.splat (f32.const 1.25)))
    (local.set $c5 (f32x4.splat (f32.const 1.3125)))
    (local.set $c6 (f32x4.splat (f32.const 1.375)))
    (local.set $c7 (f32x4.splat (f32.const 1.4375)))
    (local.set $c8 (f32x4.splat (f32.const 1.5)))
    (local.set $c9 (f32x4.splat (f32.const 1.5625)))
    (local.set $c10 (f32x4.splat (f32.const 1.625)))
    (local.set $c11 (f32x4.splat (f32.const 1.6875)))
    (local.set $c12 (f32x4.splat (f32.const 1.75)))
    (loop $next
      (local.set $c0 (f32x4.add (f32x4.mul (local.get $c0) (local.get $m)) (local.get $a)))
      (local.set $c1 (f32x4.add (f32x4.mul (local.get $c1) (local.get $m)) (local.get $a)))
      (local.set $c2 (f32x4.add (f32x4.mul (local.get $c2) (local.get $m)) (local.get $a)))
      (local.set $c3 (f32x4.add (f32x4.mul (local.get $c3) (local.get $m)) (local.get $a)))
      (local.set $c4 (f32x4.add (f32x4.mul (local.get $c4) (local.get $m)) (local.get $a)))
      (local.set $c5 (f32x4.add (f32x4.mul (local.get $c5) (local.get $m)) (local.get $a)))
      (local.set $c6 (f32x4.add (f32x4.mul (local.get $c6) (local.get $m)) (local.get $a)))
      (local.set $c7 (f32x4.add (f32x4.mul (local.get $c7) (local.get $m)) (local.get $a)))
      (local.set $c8 (f32x4.add (f32x4.mul (local.get $c8) (local.get $m)) (local.get $a)))
      (local.set $c9 (f32x4.add (f32x4.mul (local.get $c9) (local.get $m)) (local.get $a)))
      (local.set $c10 (f32x4.add (f32x4.mul (local.get $c10) (local.get $m)) (local.get $a)))
      (local.set $c11 (f32x4.add (f32x4.mul (local.get $c11) (local.get $m)) (local.get $a)))
      (local.set $c12 (f32x4.add (f32x4.mul (local.get $c12) (local.get $m)) (local.get $a)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (f32x4.extract_lane 0
      (f32x4.add
        (f32x4.add
          (f32x4.add
            (f32x4.add (local.get $c0) (local.get $c1))
            (f32x4.add (local.get $c2) (local.get $c3)))
          (f32x4.add
            (f32x4.add (local.get $c4) (local.get $c5))
            (f32x4.add (local.get $c6) (local.get $c7))))
        (f32x4.add
          (f32x4.add
            (f32x4.add (local.get $c8) (local.get $c9))
            (f32x4.add (local.get $c10) (local.get $c11)))
          (local.get $c12)))))

  ;; Reads bytes (a multiple of 128) from an address on: 8 loads a turn into 4 accumulators.
  (func (export "read") (param $from i32) (param $bytes i32) (result i32)
    (local $end i32) (local $c0 v128) (local $c1 v128) (local $c2 v128) (local $c3 v128)
    (local.set $end (i32.add (local.get $from) (local.get $bytes)))
    (loop $next
      (local.set $c0 (i32x4.add (local.get $c0) (v128.load offset=0 (local.get $from))))
      (local.set $c1 (i32x4.add (local.get $c1) (v128.load offset=16 (local.get $from))))
      (local.set $c2 (i32x4.add (local.get $c2) (v128.load offset=32 (local.get $from))))
      (local.set $c3 (i32x4.add (local.get $c3) (v128.load offset=48 (local.get $from))))
      (local.set $c0 (i32x4.add (local.get $c0) (v128.load offset=64 (local.get $from))))
      (local.set $c1 (i32x4.add (local.get $c1) (v128.load offset=80 (local.get $from))))
      (local.set $c2 (i32x4.add (local.get $c2) (v128.load offset=96 (local.get $from))))
      (local.set $c3 (i32x4.add (local.get $c3) (v128.load offset=112 (local.get $from))))
      (br_if $next
        (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 128))) (local.get $end))))
    (i32x4.extract_lane 0
      (i32x4.add
        (i32x4.add (local.get $c0) (local.get $c1))
        (i32x4.add (local.get $c2) (local.get $c3)))))

  ;; Copies bytes (a multiple of 128), 8 vectors a turn.
  (func (export "copy") (param $from i32) (param $to i32) (param $bytes i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $from) (local.get $bytes)))
    (loop $next
      (v128.store offset=0 (local.get $to) (v128.load offset=0 (local.get $from)))
      (v128.store offset=16 (local.get $to) (v128.load offset=16 (local.get $from)))
      (v128.store offset=32 (local.get $to) (v128.load offset=32 (local.get $from)))
      (v128.store offset=48 (local.get $to) (v128.load offset=48 (local.get $from)))
      (v128.store offset=64 (local.get $to) (v128.load offset=64 (local.get $from)))
      (v128.store offset=80 (local.get $to) (v128.load offset=80 (local.get $from)))
      (v128.store offset=96 (local.get $to) (v128.load offset=96 (local.get $from)))
      (v128.store offset=112 (local.get $to) (v128.load offset=112 (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 128)))
      (br_if $next
        (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 128))) (local.get $end)))))

  ;; C[4, 8] = A B for A in columns of 4 and B in rows of 8, k steps, n times over: a product that never leaves the first
  ;; cache. It falls when the machine is in a state that slows loads, which the chains above do not notice.
  (func (export "multiply_in_l1") (param $a i32) (param $b i32) (param $k i32) (param $n i32) (result f32)
    (local $pa i32) (local $pb i32) (local $left i32) (local $x v128) (local $b0 v128) (local $b1 v128)
    (local $c0 v128) (local $c1 v128) (local $c2 v128) (local $c3 v128) (local $c4 v128) (local $c5 v128) (local $c6 v128) (local $c7 v128)
    (loop $again
      (local.set $pa (local.get $a))
      (local.set $pb (local.get $b))
      (local.set $left (local.get $k))
      (loop $next
        (local.set $b0 (v128.load (local.get $pb)))
        (local.set $b1 (v128.load offset=16 (local.get $pb)))
        (local.set $x (v128.load32_splat offset=0 (local.get $pa)))
        (local.set $c0 (f32x4.add (local.get $c0) (f32x4.mul (local.get $x) (local.get $b0))))
        (local.set $c1 (f32x4.add (local.get $c1) (f32x4.mul (local.get $x) (local.get $b1))))
        (local.set $x (v128.load32_splat offset=4 (local.get $pa)))
        (local.set $c2 (f32x4.add (local.get $c2) (f32x4.mul (local.get $x) (local.get $b0))))
        (local.set $c3 (f32x4.add (local.get $c3) (f32x4.mul (local.get $x) (local.get $b1))))
        (local.set $x (v128.load32_splat offset=8 (local.get $pa)))
        (local.set $c4 (f32x4.add (local.get $c4) (f32x4.mul (local.get $x) (local.get $b0))))
        (local.set $c5 (f32x4.add (local.get $c5) (f32x4.mul (local.get $x) (local.get $b1))))
        (local.set $x (v128.load32_splat offset=12 (local.get $pa)))
        (local.set $c6 (f32x4.add (local.get $c6) (f32x4.mul (local.get $x) (local.get $b0))))
        (local.set $c7 (f32x4.add (local.get $c7) (f32x4.mul (local.get $x) (local.get $b1))))
        (local.set $pa (i32.add (local.get $pa) (i32.const 16)))
        (local.set $pb (i32.add (local.get $pb) (i32.const 32)))
        (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (f32x4.extract_lane 0
      (f32x4.add
        (f32x4.add
          (f32x4.add (local.get $c0) (local.get $c1))
          (f32x4.add (local.get $c2) (local.get $c3)))
        (f32x4.add
          (f32x4.add (local.get $c4) (local.get $c5))
          (f32x4.add (local.get $c6) (local.get $c7)))))))
